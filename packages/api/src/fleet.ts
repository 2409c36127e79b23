import { z } from 'zod'
import { pageOf, pageQuery, timeMs, title } from './fields.ts'
import { defineRoutes } from './route.ts'

export const isolation = z.enum(['process', 'container', 'vm'])
export const poolName = z
  .string()
  .regex(/^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens')

export const fleetMachine = z.object({
  id: z.string(),
  /** Null: somebody else started it. */
  pool: z.string().nullable(),
  /** `preparing` and `prepared`: installed to be started when it is needed. */
  state: z.enum(['preparing', 'prepared', 'starting', 'ready', 'leaving', 'lost']),
  /** Why it leaves or is lost. */
  reason: z.string().nullable(),
  cells: z.number().int(),
  /** Deployments that are loaded. */
  realms: z.number().int(),
  /** Requests that run or wait, as it said last. */
  requests: z.number().int(),
  /** How long requests wait for their turn, milliseconds: of the deployment in which they wait longest. */
  waitMs: z.number(),
  cpus: z.number(),
  /** Cores that its cells keep busy. */
  usedCpus: z.number(),
  memoryBytes: z.number(),
  usedBytes: z.number(),
  /** Of an hour now; null: own hardware, or not known. */
  price: z.object({ amount: z.number(), currency: z.string() }).nullable(),
  createdAtMs: timeMs,
})
export type FleetMachine = z.output<typeof fleetMachine>

export const fleetPool = z.object({
  name: z.string(),
  /** The adapter that makes its machines. */
  provider: z.string(),
  isolation,
  size: z.string(),
  floor: z.number().int(),
  ceiling: z.number().int(),
  spares: z.number().int(),
  /** So many are kept prepared. */
  prepared: z.number().int(),
  price: z.object({ amount: z.number(), currency: z.string() }).nullable(),
  priceCeiling: z.number().nullable(),
  /** Why nothing is launched for now. */
  backoff: z.string().nullable(),
  ready: z.number().int(),
  /** Those that are prepared now, or will be soon. */
  kept: z.number().int(),
  /** All that exist. */
  machines: z.number().int(),
})
export type FleetPool = z.output<typeof fleetPool>

export const fleetAction = z.object({
  action: z.enum(['launch', 'start', 'drain', 'destroy', 'load', 'unload']),
  /** Pool, machine or realm, as the action has them. */
  pool: z.string().optional(),
  machine: z.string().optional(),
  realm: z.string().optional(),
  /** It is launched only to be kept prepared. */
  prepared: z.boolean().optional(),
  reason: z.string(),
  why: z.string(),
})
export type FleetAction = z.output<typeof fleetAction>

export const fleetRoutes = defineRoutes({
  machines: {
    method: 'GET',
    path: '/fleet/machines',
    summary: 'List machines with their cells, load and price',
    access: 'operator',
    query: pageQuery,
    answer: pageOf(fleetMachine),
    errors: [],
  },
  pools: {
    method: 'GET',
    path: '/fleet/pools',
    summary: 'Show the pools of machines in order of preference',
    access: 'operator',
    answer: z.object({ pools: z.array(fleetPool) }),
    errors: [],
  },
  plan: {
    method: 'GET',
    path: '/fleet/plan',
    summary: 'Say what would be done with the fleet now, and why; nothing is done',
    access: 'operator',
    answer: z.object({
      actions: z.array(fleetAction),
      problems: z.array(z.object({ about: z.string(), why: z.string() })),
    }),
    errors: ['UNSUPPORTED'],
  },
  drain: {
    method: 'POST',
    path: '/fleet/machines/:machine/drain',
    summary: 'Empty a machine and let it go; its realms move first, and a floor is held by a new one',
    access: 'operator',
    params: z.strictObject({ machine: z.string().min(1).max(63) }),
    body: z.strictObject({ reason: title.default('the operator wants it') }),
    answer: null,
    errors: ['NOT_FOUND', 'UNSUPPORTED'],
  },
})
