export { sprintf } from './sprintf.ts'
