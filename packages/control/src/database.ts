/** For who works on control's database while control does not run. */
export { openDatabase } from './database/open-database.ts'
