export { composePlatform, type Log, type Platform } from './compose.ts'
export type { UpOptions } from './up-options.ts'
