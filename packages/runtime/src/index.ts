import { createRequire } from 'node:module'
import { basename, dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'

export { ensurePreludes, type PreludePaths } from './engine/prelude.ts'
export { bundlePrograms, endBundler, type ProgramPlace } from './engine/programs.ts'

/** The program of a cell: `node --no-node-snapshot <this> <script snapshot> <module snapshot>`. */
export const cellEntryPath = fileURLToPath(
  new URL(`./cell-process${extname(import.meta.filename)}`, import.meta.url),
)

/** The node_modules that has the engine, which a cell must be able to read. That of a build is outside of the build. */
export function engineModules(): string {
  const own = dirname(createRequire(import.meta.url).resolve('isolated-vm'))
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === 'node_modules') return folder
  }
  return own
}
