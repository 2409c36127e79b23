import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cloud } from '../cloud/cloud.ts'
import type { Prepared } from './action.ts'
import { ACTIONS } from './action-table.ts'
import type { CallCounter } from './call-counter.ts'
import type { Caller, Callers } from './caller.ts'
import { Ec2Error } from './ec2-error.ts'
import { allows } from './policy.ts'
import { type QueryTree, queryTree } from './query-tree.ts'
import { verifySignature } from './sigv4.ts'
import { answerXml, errorXml } from './xml.ts'

export interface ApiDoorOptions {
  cloud: Cloud
  callers: Callers
  calls: CallCounter
}

interface Reply {
  status: number
  body: string
}

/** What becomes of a call: an answer, or a connection that is cut. */
type Outcome = Reply | 'cut'

const VERSION = '2016-11-15'
const MOST_BODY = 1024 ** 2
const IDLE_MS = 3_600_000

/** The EC2 API over HTTP. */
export function apiDoor(options: ApiDoorOptions): Server {
  // Idle connections stay: one that the server closes while a request is on its way would be a fault that nobody injected.
  return createServer({ keepAliveTimeout: IDLE_MS }, (request, response) => {
    void answer(options, request, response)
  })
}

async function answer(
  options: ApiDoorOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID()
  const outcome = await outcomeOf(options, request, requestId)
  if (outcome === 'cut' || response.destroyed) {
    request.socket.destroy()
    return
  }
  response.writeHead(outcome.status, {
    'content-type': 'text/xml;charset=UTF-8',
    'x-amzn-requestid': requestId,
  })
  response.end(outcome.body)
}

async function outcomeOf(
  options: ApiDoorOptions,
  request: IncomingMessage,
  requestId: string,
): Promise<Outcome> {
  try {
    const body = await readBody(request)
    const caller = checkCaller(options, request, body)
    const tree = queryTree(pairsOf(request, body))
    const { Action: action, Version: version, ...parameters } = tree
    if (typeof action !== 'string')
      throw new Ec2Error('MissingAction', 'The request must contain the parameter Action')
    if (version !== VERSION)
      throw new Ec2Error(
        'NoSuchVersion',
        `The requested version (${version}) of service AmazonEC2 does not exist`,
      )
    options.calls.count(action)
    return await perform(options, { action, parameters, caller, requestId })
  } catch (thrown) {
    return refused(thrown, requestId)
  }
}

function refused(thrown: unknown, requestId: string): Reply {
  if (thrown instanceof Ec2Error) {
    return { status: thrown.status, body: errorXml(thrown.code, thrown.message, requestId) }
  }
  // A mistake in the simulator: its words help whoever looks for it.
  process.stderr.write(`the simulator failed: ${thrown instanceof Error ? thrown.stack : thrown}\n`)
  return {
    status: 500,
    body: errorXml('InternalError', `An internal error has occurred: ${thrown}`, requestId),
  }
}

interface Call {
  action: string
  parameters: Record<string, QueryTree>
  caller: Caller
  requestId: string
}

async function perform({ cloud }: ApiDoorOptions, call: Call): Promise<Outcome> {
  const { action, requestId } = call
  const make = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
  if (!make) throw new Ec2Error('InvalidAction', `The action ${action} is not valid for this web service.`)
  cloud.schedule.runDue()
  const { faults } = cloud
  const late = faults.strike('delay', { action })
  if (late) await delay(late.delayMs)
  if (faults.strike('lost-request', { action })) return 'cut'
  const error = faults.strike('error', { action })
  if (error)
    throw new Ec2Error(
      error.code,
      error.message ?? WORDS[error.code] ?? 'A fault was injected.',
      error.status,
    )
  const prepared = make(call.parameters)
  checkRights(call, prepared)
  if (prepared.dryRun)
    throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
  const slow = faults.strike('slow-consistency', { action })
  cloud.newVeil = slow ? { looks: slow.looks, untilMs: cloud.nowMs() + slow.forMs } : null
  // What an action makes it makes at once, before it first waits, so no other call's are veiled.
  const running = prepared.run(cloud)
  cloud.newVeil = null
  const answered = await running
  if (faults.strike('lost-response', { action })) return 'cut'
  return { status: 200, body: answerXml(action, requestId, answered) }
}

const WORDS: Record<string, string> = {
  RequestLimitExceeded: 'Request limit exceeded.',
  Throttling: 'Rate exceeded',
  InternalError: 'An internal error has occurred',
  Unavailable: 'The server is overloaded and can’t handle the request.',
  InsufficientInstanceCapacity: 'There is not enough capacity to fulfill your request.',
}

function checkRights({ action, caller }: Call, prepared: Prepared): void {
  const denied = [`ec2:${action}`, ...prepared.alsoNeeds].find((right) => !allows(caller.policy, right))
  if (denied === undefined) return
  const why = `You are not authorized to perform this operation. User: ${caller.arn} is not authorized to perform: ${denied} because no identity-based policy allows the ${denied} action`
  throw new Ec2Error('UnauthorizedOperation', why)
}

function checkCaller({ callers }: ApiDoorOptions, request: IncomingMessage, body: Buffer): Caller {
  const signed = { method: request.method ?? 'GET', url: request.url ?? '/', headers: request.headers, body }
  // The wire is in real time, whatever clock the cloud has.
  const key = verifySignature(signed, (id, token) => callers.secretOf(id, token), Date.now())
  const caller = callers.get(key)
  if (caller) return caller
  throw new Ec2Error('AuthFailure', 'AWS was not able to validate the provided access credentials')
}

function pairsOf(request: IncomingMessage, body: Buffer): URLSearchParams {
  if (request.method === 'GET') return new URL(request.url ?? '/', 'http://localhost').searchParams
  return new URLSearchParams(body.toString())
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BODY) throw new Ec2Error('RequestEntityTooLarge', 'The request is too large', 413)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
