import { isAbsolute, normalize } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { PlatformSockets } from '@openzimki/provider'
import { z } from 'zod'
import { connectionSchema } from './connection/connection-config.ts'

const absolute = z
  .string()
  .refine((path) => isAbsolute(path) && normalize(path) === path, 'must be an absolute path without . or ..')
const name = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'must be a short lower-case name')
const GIB = 1024 ** 3

const sizeSchema = z.strictObject({
  cpus: z.number().positive().max(1024),
  memoryBytes: z
    .number()
    .int()
    .min(128 * 1024 ** 2)
    .max(4096 * GIB),
  /** Processes and threads together. A cell has about 20 threads. */
  pids: z.number().int().min(32).max(1_000_000).default(4_096),
})

const swarmSchema = z.strictObject({
  /** Placement constraints of each zone, in Docker's words: `{ "rack-1": ["node.labels.rack==1"] }`. */
  zones: z
    .record(name, z.array(z.string().min(1)))
    .refine((zones) => Object.keys(zones).length > 0, 'needs a zone')
    .default({ swarm: [] }),
  /** How often the scheduler starts a machine again before it counts as failed. */
  restarts: z.number().int().min(0).max(1_000).default(3),
  /** Time to end in order. Swarm fixes it when a machine is made, so `stop` cannot choose it. */
  stopGraceMs: z.number().int().min(0).max(3_600_000).default(10_000),
})

const configSchema = z.strictObject({
  /** The platform whose machines these are. Its shape is checked by the portable layer. */
  owner: z.string(),
  connection: connectionSchema.default({ socket: '/var/run/docker.sock' }),
  /** `engine`: containers of this engine. `swarm`: services of the Swarm that this engine manages. */
  scheduler: z.enum(['engine', 'swarm']).default('engine'),
  /** On the engine already, or, for a Swarm, on every node or in a registry. */
  image: z.string().min(1).max(255).default('openzimki/machine:latest'),
  /** In place of what the image runs. */
  command: z.array(z.string()).min(1).optional(),
  zone: name.default('engine'),
  /** Sizes that are offered, the first being the usual one. Default: `whole`, all processors and three quarters of the memory. */
  sizes: z
    .record(name, sizeSchema)
    .refine((sizes) => Object.keys(sizes).length > 0, 'needs a size')
    .optional(),
  maxMachines: z.number().int().min(1).max(100_000).default(64),
  /** `uid:gid` inside. Default: the platform's own where sockets are shared, else 65532:65532. */
  user: z
    .string()
    .regex(/^\d{1,9}:\d{1,9}$/)
    .optional(),
  /** `none`, or the name of a network that the operator made, for machines that call out or dial control over TCP. */
  network: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/)
    .refine(
      (text) => !['host', 'default', 'bridge', 'ingress'].includes(text),
      'must not be shared with others',
    )
    .default('none'),
  /** How long the engine may take for one call that nobody else bounds, such as making a container. */
  callMs: z.number().int().min(100).max(3_600_000).default(30_000),
  /** For an engine on the platform's own host: machines and platform meet at Unix sockets. */
  sockets: z
    .strictObject({
      /** Each machine gets one folder of this folder, its ZIMKI_AGENT_RUN_DIR, and sees no other. */
      runDir: absolute,
      /** Folder with nothing but the sockets of control and store; all machines see it, none can write to it. */
      doorsDir: absolute,
    })
    .optional(),
  swarm: swarmSchema.prefault({}),
})

export type DockerConfig = z.input<typeof configSchema>
export type CheckedDockerConfig = z.output<typeof configSchema>
export type MachineSize = z.output<typeof sizeSchema>

/** What the platform says and no configuration needs to. */
export interface PlatformSettings {
  owner: string
  sockets?: PlatformSockets
}

/**
 * All settings, defaults filled in; `sockets` are the platform's where the engine can share them. INVALID_ARGUMENT naming the setting;
 * values, which may be secrets, are not in the message.
 */
export function checkConfig(config: unknown, platform?: PlatformSettings): CheckedDockerConfig {
  const checked = checkShape(platform ? { ...(config as object), owner: platform.owner } : config)
  const sharesFiles = 'socket' in checked.connection && checked.scheduler === 'engine'
  return sharesFiles && !checked.sockets && platform?.sockets
    ? { ...checked, sockets: platform.sockets }
    : checked
}

function checkShape(config: unknown): CheckedDockerConfig {
  const parsed = configSchema.safeParse(config)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(`${issue?.path.join('.') || 'the configuration'}: ${issue?.message ?? 'malformed'}`)
  }
  const { sockets, scheduler, connection, network } = parsed.data
  if (sockets && !('socket' in connection))
    throw invalid('sockets: only an engine of this host shares its files; let machines dial control over TCP')
  if (sockets && scheduler === 'swarm')
    throw invalid('sockets: a Swarm spans hosts that do not share files; let machines dial control over TCP')
  if (scheduler === 'swarm' && network === 'none')
    throw invalid(
      'network: machines of a Swarm need an overlay network of their own; make one and name it here',
    )
  return parsed.data
}

const invalid = (message: string) => new PlatformError('INVALID_ARGUMENT', `docker provider: ${message}`)
