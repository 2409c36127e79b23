import { isAbsolute, join } from 'node:path'
import { METER_MODES, PlatformError } from '@openzimki/core'
import { isPrivate, isPublicKey, parseAddress } from '@openzimki/link'
import { z } from 'zod'

/** Environment variables with which a provider starts an agent. */
export const AGENT_ENV = {
  /** Address of control's link: `unix:/path`, `tls:host:port`, or `tcp:127.0.0.1:port` on the same machine. */
  control: 'ZIMKI_AGENT_CONTROL',
  /** Control's public key (Identity): the agent speaks to nobody else. */
  controlKey: 'ZIMKI_AGENT_CONTROL_KEY',
  machine: 'ZIMKI_AGENT_MACHINE',
  joinToken: 'ZIMKI_AGENT_JOIN_TOKEN',
  /** Absolute folder of this agent's own; short, since Unix sockets lie in it. */
  runDir: 'ZIMKI_AGENT_RUN_DIR',
  /**
   * Absolute folder for what cells must not reach and what outlives a killed agent: its key, and what it could not ship. Default:
   * `state` in the run folder.
   */
  stateDir: 'ZIMKI_AGENT_STATE_DIR',
  /** Handed to cells as CELL_ENV.store. `relay`: there is no store at hand, and the agent brings cells to it through control's door. */
  store: 'ZIMKI_AGENT_STORE',
  /** Argument vector of a cell: JSON array, its first an absolute program. */
  cellCommand: 'ZIMKI_AGENT_CELL_COMMAND',
  /** Where the infrastructure's announcements of this machine's end are found: `file:/path` of a JSON MachineNotice. Default: nowhere. */
  notices: 'ZIMKI_AGENT_NOTICES',
  /** JSON object with any of AgentSettings. */
  settings: 'ZIMKI_AGENT_SETTINGS',
} as const

const ms = z.number().int().positive()
const bytes = z.number().int().positive()

const settingsSchema = z.strictObject({
  /** Cells kept ready ahead. */
  spares: z.number().int().min(0).max(64).default(1),
  /** Cells beyond which `cell.load` fails with NO_CAPACITY; spares do not count. */
  maxCells: z.number().int().min(1).default(256),
  /**
   * Control away for longer than this: cells are drained and the agent ends. Default: 5 s where control is on this very machine (a
   * Unix socket), where nobody else could reach the cells anyway; a day elsewhere.
   */
  orphanMs: ms.optional(),
  pingMs: ms.default(250),
  /** Over how long the load of deployments is averaged. */
  smoothMs: ms.default(5_000),
  /** A cell that does not answer for this long is killed. */
  hangMs: ms.default(2_000),
  /** Beyond its CPU limit an isolate may run on for this long before its cell is killed. */
  overrunGraceMs: ms.default(1_000),
  /** From the start of a cell's process until it is ready. */
  startMs: ms.default(15_000),
  loadMs: ms.default(30_000),
  /** Time to end in order; then it is killed. */
  drainMs: ms.default(10_000),
  /** A cell that holds more is replaced and drained; at half as much again it is killed. */
  cellRssBytes: bytes.default(2 * 1024 * 1024 * 1024),
  /** CPU nanoseconds of a JSOP here; measured at the start when left out. */
  jsopNs: z.number().positive().optional(),
  /** CELL_ENV.egressAllow. */
  egressAllow: z.string().default(''),
  /** CELL_ENV.meter. */
  meter: z.enum(METER_MODES).default('on'),
  /** Cells run as users of this range, one each, where the agent may change users. */
  cellUsers: z
    .strictObject({
      gid: z.number().int().min(1),
      firstUid: z.number().int().min(1),
      count: z.number().int().min(1),
    })
    .optional(),
  /** More variables for cells; CELL_ENV cannot be set so. */
  cellEnv: z.record(z.string(), z.string()).default({}),
})

export type AgentSettings = z.output<typeof settingsSchema>

const LOCAL_ORPHAN_MS = 5_000
const REMOTE_ORPHAN_MS = 24 * 3_600_000

/** Where an agent keeps its key and its spool unless it is told otherwise. */
export const agentStateDir = (runDir: string): string => join(runDir, 'state')

/** How long control may be away. */
export function orphanMs({ control, settings }: Pick<AgentConfig, 'control' | 'settings'>): number {
  return settings.orphanMs ?? (control.startsWith('unix:') ? LOCAL_ORPHAN_MS : REMOTE_ORPHAN_MS)
}

/** In place of the address of a store. */
export const STORE_BY_RELAY = 'relay'

const absolute = z.string().refine(isAbsolute, 'must be an absolute path')

const configSchema = z
  .object({
    control: z
      .string()
      .refine(isAddress, 'must be unix:<path>, tls:<host>:<port>, or tcp:<host>:<port>')
      .refine(
        (text) => !isAddress(text) || isPrivate(parseAddress(text)),
        'must be tls: beyond this machine',
      ),
    controlKey: z.string().refine(isPublicKey, 'must be a public key, as control shows it'),
    machine: z.string().min(1).max(128),
    joinToken: z.string().min(1).max(4096),
    runDir: absolute,
    stateDir: absolute,
    store: z.string().min(1),
    cellCommand: z.tuple([absolute], z.string()),
    notices: z
      .string()
      .regex(/^file:\/[^\0]+$/, 'must be file: and an absolute path')
      .optional(),
    settings: settingsSchema,
  })
  .refine(({ store, control }) => store !== STORE_BY_RELAY || control.startsWith('tls:'), {
    path: ['store'],
    message: `${STORE_BY_RELAY} needs a control that is dialled by tls:`,
  })

export type AgentConfig = z.output<typeof configSchema>

function isAddress(text: string): boolean {
  try {
    parseAddress(text)
    return true
  } catch {
    return false
  }
}

/** All settings, defaults filled in. INVALID_ARGUMENT naming the setting. */
export function agentSettings(settings: z.input<typeof settingsSchema> = {}): AgentSettings {
  const parsed = settingsSchema.safeParse(settings)
  if (parsed.success) return parsed.data
  throw invalid(AGENT_ENV.settings, parsed.error.issues[0], 0)
}

/** INVALID_ARGUMENT naming the variable; values never get into the message. */
export function readAgentConfig(env: Readonly<Record<string, string | undefined>>): AgentConfig {
  const parsed = configSchema.safeParse({
    control: env[AGENT_ENV.control],
    controlKey: env[AGENT_ENV.controlKey],
    machine: env[AGENT_ENV.machine],
    joinToken: env[AGENT_ENV.joinToken],
    runDir: env[AGENT_ENV.runDir],
    stateDir: env[AGENT_ENV.stateDir] ?? agentStateDir(env[AGENT_ENV.runDir] ?? ''),
    store: env[AGENT_ENV.store],
    cellCommand: json(AGENT_ENV.cellCommand, env[AGENT_ENV.cellCommand]),
    notices: env[AGENT_ENV.notices],
    settings: json(AGENT_ENV.settings, env[AGENT_ENV.settings] ?? '{}'),
  })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = AGENT_ENV[issue?.path[0] as keyof typeof AGENT_ENV] ?? 'ZIMKI_AGENT_*'
  throw invalid(name, issue, 1)
}

function json(name: string, text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new PlatformError('INVALID_ARGUMENT', `the agent cannot start: ${name} is no JSON`, { cause })
  }
}

function invalid(name: string, issue: z.core.$ZodIssue | undefined, depth: number): PlatformError {
  const where = issue?.path.slice(depth).join('.')
  const what = `${name}${where ? ` (${where})` : ''}: ${issue?.message ?? 'malformed'}`
  return new PlatformError('INVALID_ARGUMENT', `the agent cannot start: ${what}`)
}
