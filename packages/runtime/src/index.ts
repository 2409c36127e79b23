import { fileURLToPath } from 'node:url'

export { ensurePreludes, type PreludePaths } from './engine/prelude.ts'
export { bundlePrograms, endBundler, type ProgramPlace } from './engine/programs.ts'

/** The program of a cell: `node --no-node-snapshot <this> <script snapshot> <module snapshot>`. */
export const cellEntryPath = fileURLToPath(new URL('./cell-process.ts', import.meta.url))
