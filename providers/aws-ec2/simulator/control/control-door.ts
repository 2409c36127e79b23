import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import type { FaultPlan } from '../faults/fault-plan.ts'
import { faultRule } from '../faults/fault-rule.ts'
import type { Control } from './control.ts'

export interface ControlDoorOptions {
  control: Control
  faults: FaultPlan
  /** Whoever has it may do everything. */
  token: string
}

const MOST_BODY = 65_536
const interruption = z.strictObject({
  noticeMs: z.number().int().min(0).optional(),
  rebalanceFirstMs: z.number().int().min(0).optional(),
})
const impairment = z.strictObject({ check: z.enum(['instance', 'system']).optional() })

type Handler = (options: ControlDoorOptions, name: string, body: unknown) => unknown

/** Method and path, with `*` for a name. */
const ROUTES: Record<string, Handler> = {
  'GET /faults': ({ faults }) => faults.list(),
  'POST /faults': ({ control }, _name, body) => ({ id: control.addFault(faultRule.parse(body)) }),
  'DELETE /faults': ({ control }) => control.clearFaults(),
  'DELETE /faults/*': ({ control }, name) => control.removeFault(Number(name)),
  'GET /calls': ({ control }) => control.calls.byAction(),
  'DELETE /calls': ({ control }) => control.calls.reset(),
  'GET /resources': ({ control }) => control.resources(),
  'POST /instances/*/interrupt': ({ control }, name, body) =>
    control.interrupt(name, interruption.parse(body)),
  'POST /instances/*/rebalance': ({ control }, name) => control.recommendRebalance(name),
  'POST /instances/*/impair': ({ control }, name, body) => control.impair(name, impairment.parse(body).check),
  'POST /instances/*/mend': ({ control }, name) => control.mend(name),
  'POST /instances/*/crash': ({ control }, name) => control.crash(name),
  'POST /zones/*/outage': ({ control }, name) => control.darken(name),
  'DELETE /zones/*/outage': ({ control }, name) => control.relight(name),
}

/** The control API for other processes: JSON, with the token as bearer. */
export function controlDoor(options: ControlDoorOptions): Server {
  return createServer((request, response) => {
    void answer(options, request, response)
  })
}

async function answer(
  options: ControlDoorOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isAllowed(request, options.token)) {
    return send(response, 401, { error: 'The control API wants its token: Authorization: Bearer <token>' })
  }
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const [noun = '', name = '', ...rest] = pathname.split('/').filter(Boolean)
  const route = [noun, ...(name === '' ? [] : ['*']), ...rest].join('/')
  const key = `${request.method} /${route}`
  const handler = Object.hasOwn(ROUTES, key) ? ROUTES[key] : undefined
  if (!handler) return send(response, 404, { error: `There is no ${key}`, routes: Object.keys(ROUTES) })
  try {
    send(response, 200, (await handler(options, name, await readJson(request))) ?? {})
  } catch (thrown) {
    send(response, 400, { error: thrown instanceof Error ? thrown.message : String(thrown) })
  }
}

function isAllowed(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) {
    text += chunk
    if (text.length > MOST_BODY) throw new Error('the request is too large')
  }
  return text === '' ? {} : JSON.parse(text)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}
