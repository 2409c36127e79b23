/** What the build reads and writes of a package.json. */
export interface Manifest {
  name: string
  exports?: Record<string, string>
  imports?: Record<string, string>
  scripts?: Record<string, string>
  [other: string]: unknown
}

/** What only people who work on the sources need. */
const LEFT_OUT = ['devDependencies', 'overrides']

/** The package.json of a package's built form: doors lead to JavaScript, and those to what is not built (tests, simulators) are gone. */
export function builtManifest(manifest: Manifest, isBuilt: (path: string) => boolean): Manifest {
  const { exports: doors, imports: inner, ...rest } = manifest
  const kept = Object.entries(rest).filter(([key]) => !LEFT_OUT.includes(key))
  return {
    ...(Object.fromEntries(kept) as Manifest),
    ...(doors ? { exports: builtDoors(doors, isBuilt) } : {}),
    ...(inner ? { imports: builtDoors(inner) } : {}),
  }
}

/** Of the scripts, the one that starts the platform remains. */
export function builtRootManifest(manifest: Manifest): Manifest {
  const { start = '' } = manifest.scripts ?? {}
  return { ...builtManifest(manifest, () => true), scripts: { start } }
}

function builtDoors(
  doors: Record<string, string>,
  isBuilt: (path: string) => boolean = () => true,
): Record<string, string> {
  const built = Object.entries(doors).map(([name, path]) => [name, path.replace(/\.ts$/, '.js')] as const)
  return Object.fromEntries(built.filter(([, path]) => isBuilt(path)))
}
