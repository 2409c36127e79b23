import { pathToFileURL } from 'node:url'
import { PlatformError } from '@openzimki/core'
import { z } from 'zod'
import type { AdapterSettings, ProviderAdapter } from './adapter.ts'
import type { MachineProvider } from './contract.ts'
import { negotiateContract } from './contract-version.ts'
import { createProvider, type ProviderOptions } from './create-provider.ts'
import { type FoundPackage, findPackage } from './find-package.ts'
import type { MachineDriver } from './machine-driver.ts'
import { HARDENINGS, ISOLATIONS } from './manifest-words.ts'

/** An adapter whose exports are of the right shape and whose contract version is one of ours. */
export interface LoadedAdapter {
  adapter: ProviderAdapter
  package: FoundPackage
  /** The version of the contract that both speak. */
  contractVersion: number
}

const NAME = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/

const method = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === 'function',
  'must be a function',
)

/** Read before all else, so that an adapter of another time is told so and not that its shape is wrong. */
const versionsSchema = z.object({ contractVersions: z.array(z.int().min(1)).min(1) })

const adapterSchema = z.object({
  name: z.string().regex(NAME, 'must be lower-case letters, digits and hyphens'),
  open: method,
  testBed: method.optional(),
  commands: z.record(z.string(), z.object({ description: z.string(), run: method })).optional(),
})

const driverSchema = z.object({
  name: z.string(),
  owner: z.string(),
  manifest: z.object({
    isolation: z.enum(ISOLATIONS),
    hardening: z.array(z.enum(HARDENINGS)),
    logs: z.boolean(),
    gracefulStop: z.boolean(),
    watch: z.boolean().optional(),
    outlivesPlatform: z.boolean(),
    maxEnvBytes: z.int().min(0),
    sharesSockets: z.boolean().optional(),
    restartsMachines: z.boolean().optional(),
    preparesMachines: z.boolean().optional(),
  }),
  ...{ offerings: method, launch: method, inspect: method, list: method, stop: method },
  ...{ destroy: method, logs: method, check: method, close: method, mapError: method },
  ...{ watch: method.optional(), start: method.optional() },
})

/**
 * Loads an adapter by name (see `findPackage`) and runs its code. NOT_FOUND: no such package. INVALID_ARGUMENT: it cannot be imported, or
 * exports no adapter. UNSUPPORTED: it speaks no version of the contract that we do.
 */
export async function loadAdapter(name: string, from: readonly string[]): Promise<LoadedAdapter> {
  const found = await findPackage(name, from)
  const exported = await importEntry(found)
  const given = exported.adapter
  if (given === undefined) {
    throw wrongAdapter(found, `it exports ${Object.keys(exported).join(', ') || 'nothing'}, but no "adapter"`)
  }
  const spoken = check(versionsSchema, given, (why) => wrongAdapter(found, why))
  const contractVersion = negotiateContract(found.name, spoken.contractVersions)
  check(adapterSchema, given, (why) => wrongAdapter(found, why))
  return { adapter: given as ProviderAdapter, package: found, contractVersion }
}

/** Opens a loaded adapter for one owner, behind the platform's own portable layer. INVALID_ARGUMENT for settings or a driver that cannot be. */
export async function openAdapter(
  adapter: ProviderAdapter,
  settings: AdapterSettings,
  options?: ProviderOptions,
): Promise<MachineProvider> {
  const driver = await openDriver(adapter, settings)
  check(driverSchema, driver, (why) => wrongDriver(adapter, why))
  if (driver.name !== adapter.name)
    throw wrongDriver(adapter, `it calls itself ${JSON.stringify(driver.name)}`)
  if (driver.owner !== settings.owner) {
    throw wrongDriver(adapter, `it works for ${JSON.stringify(driver.owner)} and not for ${settings.owner}`)
  }
  if (driver.manifest.watch === true && driver.watch === undefined)
    throw wrongDriver(adapter, 'its manifest says that it can be watched, and it has no watch(signal)')
  if (driver.manifest.preparesMachines === true && driver.start === undefined)
    throw wrongDriver(adapter, 'its manifest says that it prepares machines, and it has no start(id, signal)')
  return createProvider(driver, options)
}

/** The one way from a name in the configuration to a provider; `from` are the folders to look for the package in. */
export async function loadProvider(
  name: string,
  settings: AdapterSettings,
  from: readonly string[],
  options?: ProviderOptions,
): Promise<MachineProvider> {
  const { adapter } = await loadAdapter(name, from)
  return openAdapter(adapter, settings, options)
}

async function importEntry(found: FoundPackage): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(found.entry).href)) as Record<string, unknown>
  } catch (thrown) {
    const { message } = PlatformError.from(thrown)
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `adapter ${found.name} cannot be loaded from ${found.entry}: ${message}`,
      {
        cause: thrown,
      },
    )
  }
}

/** Whatever package its PlatformError came from, ours is what callers know. */
async function openDriver(adapter: ProviderAdapter, settings: AdapterSettings): Promise<MachineDriver> {
  try {
    return await adapter.open(settings)
  } catch (thrown) {
    if (thrown instanceof PlatformError) throw thrown
    const { code, message, details } = thrown as { code?: unknown; message?: unknown; details?: unknown }
    const shape = PlatformError.fromJSON({ code, message: message ?? String(thrown), details })
    throw new PlatformError(shape.code, `adapter ${adapter.name}: ${shape.message}`, {
      cause: thrown,
      details: shape.details,
    })
  }
}

function check<T>(schema: z.ZodType<T>, value: unknown, fail: (why: string) => PlatformError): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw fail(z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' '))
}

function wrongAdapter(found: FoundPackage, why: string): PlatformError {
  return new PlatformError(
    'INVALID_ARGUMENT',
    `package ${found.name} (${found.entry}) is no adapter: ${why}. An adapter exports ` +
      '"adapter" with name, contractVersions and open(settings); docs/tutorial/write-a-provider.md builds one',
  )
}

function wrongDriver(adapter: ProviderAdapter, why: string): PlatformError {
  return new PlatformError(
    'INVALID_ARGUMENT',
    `the driver that adapter ${adapter.name} opened is none: ${why}`,
  )
}
