import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PlatformError } from '@openzimki/core'
import { z } from 'zod'

/** An npm package on this machine. */
export interface FoundPackage {
  name: string
  version: string
  /** Absolute. */
  folder: string
  /** Absolute path of the file that an import of the package runs. */
  entry: string
}

type Exports = string | null | Exports[] | { [condition: string]: Exports }

const exportsSchema: z.ZodType<Exports> = z.lazy(() =>
  z.union([z.string(), z.null(), z.array(exportsSchema), z.record(z.string(), exportsSchema)]),
)
const manifestSchema = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  main: z.string().optional(),
  exports: exportsSchema.optional(),
})

const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
/** What Node itself would take for an import, most telling first. */
const CONDITIONS = ['node', 'import', 'module-sync', 'default']

/**
 * Finds an adapter's package. `name` is a folder (`.`, `./x`, `/x`), the name of a package, or a short name: `docker` is
 * `@openzimki/provider-docker`. Packages are looked for from each folder of `from` upward, as Node does. NOT_FOUND, INVALID_ARGUMENT.
 */
export async function findPackage(name: string, from: readonly string[]): Promise<FoundPackage> {
  if (isFolder(name)) return readPackage(join(resolve(from[0] ?? '.', name), 'package.json'), name)
  if (!PACKAGE_NAME.test(name)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(name)} is neither the name of an npm package nor a folder: folders begin with ./ or /`,
    )
  }
  const candidates = name.startsWith('@') ? [name] : [`@openzimki/provider-${name}`, name]
  for (const folder of from) {
    for (const candidate of candidates) {
      const path = lookUp(candidate, folder)
      if (path) return readPackage(path, candidate)
    }
  }
  throw new PlatformError(
    'NOT_FOUND',
    `there is no package ${candidates.join(' or ')} in ${from.join(' or ')}: install it there with npm, or give the folder that it is in`,
  )
}

const isFolder = (name: string) => /^\.{1,2}(?:$|[\\/])/.test(name) || isAbsolute(name)

function lookUp(name: string, folder: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(join(folder, 'any.js')))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw thrown
  }
}

async function readPackage(path: string, asked: string): Promise<FoundPackage> {
  const folder = resolve(path, '..')
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const message = `${asked} is no package: ${path} cannot be read (${cause.code ?? cause.message})`
    throw new PlatformError('NOT_FOUND', `${message}. Name the folder that holds its package.json`, { cause })
  })
  const parsed = manifestSchema.safeParse(parseJson(text))
  if (!parsed.success) throw badPackage(path, z.prettifyError(parsed.error))
  const { name, version, main, exports } = parsed.data
  const target = exports === undefined ? (main ?? './index.js') : entryOf(exports)
  if (target === null) throw badPackage(path, 'its "exports" have no "." that can be imported')
  return { name, version, folder, entry: resolve(folder, target) }
}

/** The target of "." under Node's conditions. */
function entryOf(exports: Exports): string | null {
  if (typeof exports === 'string' || exports === null) return exports
  if (Array.isArray(exports)) return exports.map(entryOf).find((target) => target !== null) ?? null
  const key = Object.keys(exports).find((name) => name === '.' || CONDITIONS.includes(name))
  return key === undefined ? null : entryOf(exports[key] ?? null)
}

function badPackage(path: string, why: string): PlatformError {
  return new PlatformError('INVALID_ARGUMENT', `${path} is not the package.json of an adapter: ${why}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    return `not JSON: ${(thrown as Error).message}`
  }
}
