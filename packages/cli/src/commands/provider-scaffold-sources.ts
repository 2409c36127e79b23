/** The TypeScript of a new adapter. */
export function adapterSources(name: string): Record<string, string> {
  return {
    'src/index.ts': index(name),
    'src/config.ts': config(name),
    'src/manifest.ts': MANIFEST,
    'src/driver.ts': driver(name),
    'src/map-error.ts': mapError(name),
    'src/test-bed.ts': TEST_BED,
    'src/not-yet.ts': NOT_YET,
  }
}

const index = (name: string) => `import type { ProviderAdapter } from '@openzimki/provider'
import { checkConfig } from './config.ts'
import { Driver } from './driver.ts'
import { testBed } from './test-bed.ts'

export const adapter: ProviderAdapter = {
  name: '${name}',
  contractVersions: [1],
  open: (settings) => new Driver(settings, checkConfig(settings.config)),
  testBed,
}
`

const config = (name: string) => `import { PlatformError } from '@openzimki/provider'

/** What an operator may set. */
export interface Config {
  maxMachines: number
}

/** The configuration comes from a file that a person wrote: check all of it, and name the setting that is wrong. */
export function checkConfig(given: unknown): Config {
  if (typeof given !== 'object' || given === null) throw invalid('the configuration must be a JSON object')
  const { maxMachines = 8, ...others } = given as { maxMachines?: unknown }
  const unknown = Object.keys(others)
  if (unknown.length > 0) throw invalid(\`there is no setting \${unknown.join(', ')}; there is maxMachines\`)
  if (typeof maxMachines !== 'number' || !Number.isInteger(maxMachines) || maxMachines < 1) {
    throw invalid('maxMachines must be a whole number above 0')
  }
  return { maxMachines }
}

const invalid = (message: string) => new PlatformError('INVALID_ARGUMENT', \`${name} provider: \${message}\`)
`

const MANIFEST = `import type { ProviderManifest } from '@openzimki/provider'

/** The platform decides by this whom it places here, and the kit holds you to it: claim what is so, not what is hoped. */
export const manifest: ProviderManifest = {
  // The border between two machines: 'process', 'container' or 'vm'.
  isolation: 'process',
  // What is done beyond that border, such as 'no-new-privileges' or 'memory-limit'.
  hardening: [],
  // logs() works.
  logs: true,
  // stop() lets a machine end in order before it uses force.
  gracefulStop: true,
  // Machines go on when the platform's process ends.
  outlivesPlatform: true,
  // Names and values of the environment together; an agent needs 4096.
  maxEnvBytes: 16_384,
  // Machines have this host's files, and the platform's sockets, at the same paths. Otherwise they dial in over TLS.
  sharesSockets: false,
}
`

const driver = (
  name: string,
) => `import type { AdapterSettings, CheckResult, Machine, MachineDriver, MachineSpec, Offering } from '@openzimki/provider'
import type { Config } from './config.ts'
import { manifest } from './manifest.ts'
import { mapError } from './map-error.ts'
import { notYet } from './not-yet.ts'

/**
 * Arguments are checked before they come here, deadlines are kept and fingerprints compared outside: a driver only does the work,
 * and throws what its library throws. The contract says what each method guarantees (contract.ts of @openzimki/provider).
 */
export class Driver implements MachineDriver {
  readonly name = '${name}'
  readonly owner: string
  readonly manifest = manifest
  readonly mapError = mapError
  protected readonly settings: AdapterSettings
  protected readonly config: Config

  constructor(settings: AdapterSettings, config: Config) {
    this.owner = settings.owner
    this.settings = settings
    this.config = config
  }

  async offerings(_signal: AbortSignal): Promise<Offering[]> {
    throw notYet('offerings', 'Give at least one size in one zone, with what it has, what it costs and how many are left.')
  }

  async launch(_spec: MachineSpec, _fingerprint: string, _signal: AbortSignal): Promise<Machine> {
    throw notYet('launch', 'Make the machine under a name built from owner and id, tagged with owner and fingerprint as it is created.')
  }

  async inspect(_id: string, _signal: AbortSignal): Promise<Machine | null> {
    throw notYet('inspect', 'Ask the infrastructure for the machine of this owner and id; give null when it has none.')
  }

  async list(_signal: AbortSignal): Promise<Machine[]> {
    throw notYet('list', 'Ask the infrastructure for everything with the tag of this owner, ended machines too.')
  }

  async stop(_id: string, _graceMs: number, _signal: AbortSignal): Promise<void> {
    throw notYet('stop', 'Ask the machine to end, wait up to graceMs, then end it by force; return when it has ended.')
  }

  async destroy(_id: string, _signal: AbortSignal): Promise<void> {
    throw notYet('destroy', 'End it by force and remove all it had; return when it is gone, also when it never was.')
  }

  async logs(_id: string, _maxBytes: number, _signal: AbortSignal): Promise<string> {
    throw notYet('logs', 'Give the end of what the machine printed, or say logs: false in manifest.ts.')
  }

  async check(_signal: AbortSignal): Promise<CheckResult> {
    throw notYet('check', 'Find out whether machines can be launched here, and say so in sentences for the operator.')
  }

  async close(): Promise<void> {
    // Let go of connections here; machines live on.
  }
}
`

const mapError = (name: string) => `import { PlatformError } from '@openzimki/provider'

/** The only place where the library's errors get the contract's codes. What is not known here becomes INTERNAL. */
export function mapError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new PlatformError('INTERNAL', \`${name} provider: \${message}\`, { cause: thrown })
}
`

const TEST_BED = `import type { AdapterTestBed, TestBedSettings } from '@openzimki/provider'
import { notYet } from './not-yet.ts'

/**
 * What the kit cannot know by itself. \`settings.agent.command\` starts its probe machine on this host, \`settings.stateDir\` is an empty
 * folder that is removed afterwards.
 */
export async function testBed(_settings: TestBedSettings): Promise<AdapterTestBed> {
  return {
    // Given to every machine of the test, should the probe need something to run here.
    env: {},
    crash: async () => {
      throw notYet('crash of the test bed', 'End the machine behind the driver, as a power cut would: by its pid, its container.')
    },
    // Names of all that the infrastructure still has of all owners.
    leftovers: async () => [],
    // Longest time for a machine to start, or to be seen as ended.
    settleMs: 5_000,
    // The machines run the kit's probe, so the manifest can be held to what it finds.
    reportsFacts: true,
    close: async () => undefined,
  }
}
`

const NOT_YET = `import { PlatformError } from '@openzimki/provider'

/** What is still to be written; delete this file with its last use. */
export function notYet(what: string, todo: string): PlatformError {
  return new PlatformError('UNSUPPORTED', \`\${what} is not written yet. \${todo}\`)
}
`
