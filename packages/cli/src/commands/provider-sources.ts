import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a new adapter's package.json says of the packages that it needs. */
export interface PackageSources {
  /** `@openzimki/provider`. */
  provider: string
  /** The program `zimki`, for its tests; null where it must come from elsewhere. */
  zimki: string | null
}

/**
 * The very packages that this program runs on: a checkout is linked by its folder, which needs neither a registry nor a build;
 * an installed release is named by its version.
 */
export async function packageSources(): Promise<PackageSources> {
  const require = createRequire(import.meta.url)
  const manifest = require('@openzimki/provider/package.json') as { version: string }
  const folder = dirname(fileURLToPath(import.meta.resolve('@openzimki/provider/package.json')))
  if (folder.split(sep).includes('node_modules')) return { provider: `^${manifest.version}`, zimki: null }
  return { provider: `file:${folder}`, zimki: `file:${dirname(dirname(folder))}` }
}
