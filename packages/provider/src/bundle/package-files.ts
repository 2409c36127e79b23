import { readdir, readFile, realpath } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { BundleFile } from './bundle-file.ts'

/** What a machine never runs: the bundler works where realms are deployed. */
const NOT_NEEDED = new Set(['esbuild'])
const CODE = /\.(?:js|cjs|mjs|json)$/
const OWN_CODE = /(?<!\.d|\.test)\.ts$/
const SKIPPED_FOLDERS = new Set(['node_modules', 'bench', 'testing', 'test', 'tests', 'docs', 'deps'])

/**
 * The code of these packages and of all that they depend on, at the same places below `folder` as below the installation: files that
 * can run on this system, nothing else. INVALID_ARGUMENT: a dependency is not installed.
 */
export async function packageFiles(
  installation: string,
  names: readonly string[],
  folder: string,
): Promise<BundleFile[]> {
  const root = await realpath(installation)
  const seen = new Map<string, string>()
  const links: BundleFile[] = []
  const visit = async (name: string, from: string): Promise<void> => {
    if (NOT_NEEDED.has(name)) return
    const { at, real } = await findPackage(name, from, root)
    if (at !== real && !seen.has(at)) {
      seen.set(at, real)
      links.push({
        path: join(folder, relative(root, at)),
        kind: 'link',
        target: relative(dirname(at), real),
      })
    }
    if (seen.has(real)) return
    seen.set(real, real)
    const { dependencies = {} } = JSON.parse(await readFile(join(real, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(dependencies)) await visit(dependency, real)
  }
  for (const name of names) await visit(name, root)
  const folders = [...new Set(seen.values())].toSorted()
  const files = await Promise.all(folders.map((real) => codeIn(real, root, folder)))
  return [...files.flat(), ...links]
}

interface FoundPackage {
  /** In a node_modules. */
  at: string
  /** Where that leads, when it is a workspace's link. */
  real: string
}

/** As Node does: in every node_modules from there upward. */
async function findPackage(name: string, from: string, root: string): Promise<FoundPackage> {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const at = join(folder, 'node_modules', name)
    const real = await realpath(at).catch(() => null)
    if (real?.startsWith(root + sep)) return { at, real }
  }
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `${name} is not installed below ${root}: run npm ci there, then try again`,
  )
}

async function codeIn(real: string, root: string, folder: string): Promise<BundleFile[]> {
  const isOwn = !relative(root, real).split(sep).includes('node_modules')
  const files: BundleFile[] = []
  for (const entry of await readdir(real, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name)
    const inside = relative(real, source).split(sep)
    if (!entry.isFile() || inside.slice(0, -1).some((part) => SKIPPED_FOLDERS.has(part))) continue
    if (!CODE.test(entry.name) && !(isOwn && OWN_CODE.test(entry.name)) && !isAddon(inside.join('/')))
      continue
    files.push({ path: join(folder, relative(root, source)), kind: 'file', source, executable: false })
  }
  return files
}

/** A compiled addon for this system, or one that was compiled here. */
function isAddon(path: string): boolean {
  if (!path.endsWith('.node')) return false
  return !path.includes('prebuilds/') || path.includes(`${process.platform}-${process.arch}`)
}
