export { composePlatform, type Platform } from './compose.ts'
export type { Log } from './log.ts'
export type { UpOptions } from './up-options.ts'
