import { type AgentCalls, PlatformError } from '@openzimki/core'
import type { RpcHandlers } from '@openzimki/link'
import { z } from 'zod'
import type { LogForwarder } from './log-forwarder.ts'
import type { Relay } from './relay.ts'
import type { Supervisor } from './supervisor.ts'
import type { UsageForwarder } from './usage-forwarder.ts'

const id = z.string().regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'must be an identifier')
const cordon = z.string().min(1).max(256)
const limit = z.number().nonnegative()

/** Loose: what a later control adds is for the cell, not for us. */
const load = z.looseObject({
  account: id,
  realm: id,
  deployment: id,
  kind: z.enum(['script', 'module']),
  capability: z.string().min(1),
  limits: z.object({
    cpuMs: limit,
    wallMs: limit,
    memoryMb: limit,
    requestBytes: limit,
    responseBytes: limit,
    concurrency: limit,
    remoteCalls: limit,
  }),
  env: z.record(z.string(), z.string()),
  prefetched: z.object({ artifact: z.string(), classes: z.array(z.string()) }).optional(),
})

const loadParams = z.object({ cordon, load })
const unloadParams = z.object({ cordon, realm: id, deployment: id })
const dialParams = z.object({ cell: id, ticket: z.string().min(1).max(128) })
const renewParams = unloadParams.extend({ capability: z.string().min(1) })

/** What control may ask of an agent. INVALID_ARGUMENT for what is malformed, so that it never reaches a cell. */
export function agentHandlers(
  supervisor: Supervisor,
  usage: UsageForwarder,
  logs: LogForwarder,
  relay: Relay | null,
): RpcHandlers<AgentCalls> {
  return {
    'cell.load': (params) => {
      const { cordon, load } = checked(loadParams, params)
      return supervisor.load(cordon, load)
    },
    'cell.unload': (params) => {
      const { cordon, realm, deployment } = checked(unloadParams, params)
      supervisor.unload(cordon, realm, deployment)
      return null
    },
    'cell.renew': (params) => {
      const { cordon, realm, deployment, capability } = checked(renewParams, params)
      supervisor.renew(cordon, realm, deployment, capability)
      return null
    },
    'cell.list': () => supervisor.list(),
    'relay.dial': async (params) => {
      const { cell, ticket } = checked(dialParams, params)
      const address = supervisor.addressOf(cell)
      if (address === null) throw new PlatformError('NOT_FOUND', `this machine has no cell ${cell}`)
      if (!relay)
        throw new PlatformError('UNSUPPORTED', 'the cells of this machine are reached at their sockets')
      await relay.dialCell(address, ticket)
      return null
    },
    'agent.drain': async () => {
      await supervisor.drain('control asked for it')
      await Promise.all([usage.flush(), logs.flush()])
      return null
    },
  }
}

function checked<T>(schema: z.ZodType<T>, params: unknown): T {
  const parsed = schema.safeParse(params)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new PlatformError('INVALID_ARGUMENT', `${issue?.path.join('.')}: ${issue?.message}`)
}
