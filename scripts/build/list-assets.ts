import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Folders of tests and benchmarks, and of what is not ours. */
const NOT_BUILT = new Set(['bench', 'dist', 'node_modules', 'simulator', 'testing'])
/** TypeScript is compiled and package.json rewritten; settings of the linter are for sources. */
const NOT_COPIED = /^\.|\.ts$|\.log$|^(?:package|biome)\.json$/

/** Files of a package that the built form has as they are: realms, launchers, prices, policies. Paths inside the package. */
export async function listAssets(folder: string, inside = ''): Promise<string[]> {
  const entries = await readdir(join(folder, inside), { withFileTypes: true })
  const lists = entries.map((entry) => {
    const path = join(inside, entry.name)
    if (NOT_BUILT.has(entry.name) || NOT_COPIED.test(entry.name)) return []
    return entry.isDirectory() ? listAssets(folder, path) : [path]
  })
  return (await Promise.all(lists)).flat()
}
