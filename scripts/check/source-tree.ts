import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Repository paths (with `/`) to texts. A plain Map, so that tests make one up. */
export type SourceTree = Map<string, string>

const SOURCE = /\.(?:ts|mts|js|mjs)$/
/** Folders whose programs are ours: sources and doors of packages, and what stands beside them. Realms' own code and content is none. */
const ROOTS = ['packages', 'providers']
const BESIDE = ['scripts', 'bench', 'chaos', 'e2e']
const PACKAGE_FOLDERS = ['src', 'bin', 'bench', 'simulator']

/** Reads every source file and every package.json of the workspaces, and the root's. */
export function readSourceTree(root: string): SourceTree {
  const tree: SourceTree = new Map([['package.json', readFileSync(join(root, 'package.json'), 'utf8')]])
  const take = (path: string) => tree.set(path, readFileSync(join(root, path), 'utf8'))
  for (const folder of BESIDE) {
    for (const path of listFiles(root, folder)) if (SOURCE.test(path)) take(path)
  }
  for (const base of ROOTS) {
    for (const folder of listFolders(join(root, base))) {
      const home = `${base}/${folder}`
      if (!readdirSync(join(root, home)).includes('package.json')) continue
      take(`${home}/package.json`)
      for (const inner of PACKAGE_FOLDERS) {
        for (const path of listFiles(root, `${home}/${inner}`)) if (SOURCE.test(path)) take(path)
      }
    }
  }
  return tree
}

function listFolders(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

function listFiles(root: string, folder: string): string[] {
  const parent = folder.slice(0, folder.lastIndexOf('/') + 1)
  const name = folder.slice(parent.length)
  const entries = readdirSync(join(root, parent), { withFileTypes: true })
  if (!entries.some((entry) => entry.name === name && entry.isDirectory())) return []
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !/(?:^|\/)(?:node_modules|dist)\//.test(path))
    .sort()
}
