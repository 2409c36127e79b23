import type { SourceTree } from './source-tree.ts'

/** A workspace as its package.json describes it. */
export interface WorkspacePackage {
  folder: string
  name: string
  dependencies: Set<string>
  /** `.` or `./sub` to a repository path. */
  exports: Map<string, string>
}

interface Manifest {
  name?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  exports?: Record<string, string>
}

export function readPackages(tree: SourceTree): Map<string, WorkspacePackage> {
  const packages = new Map<string, WorkspacePackage>()
  for (const [path, text] of tree) {
    const folder = /^(.+)\/package\.json$/.exec(path)?.[1]
    if (folder === undefined) continue
    const manifest = JSON.parse(text) as Manifest
    const exports = Object.entries(manifest.exports ?? {}).map(
      ([door, file]) => [door, `${folder}/${file.replace(/^\.\//, '')}`] as const,
    )
    packages.set(folder, {
      folder,
      name: manifest.name ?? folder,
      dependencies: named(manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies),
      exports: new Map(exports),
    })
  }
  return packages
}

/** What the root installs for tests and tools. */
export function readTestTools(tree: SourceTree): Set<string> {
  return named((JSON.parse(tree.get('package.json') ?? '{}') as Manifest).devDependencies)
}

function named(...lists: (Record<string, string> | undefined)[]): Set<string> {
  return new Set(lists.flatMap((list) => Object.keys(list ?? {})))
}
