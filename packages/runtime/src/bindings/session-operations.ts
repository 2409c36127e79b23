import { randomUUID } from 'node:crypto'
import { type Clock, isUuid, type Json, PlatformError, systemClock } from '@openzimki/core'
import { headerValue } from '../cell/header-value.ts'
import type { RunningRequest } from '../cell/running-request.ts'
import { countRead } from './count-read.ts'
import { missing } from './missing.ts'
import type { Operation, OperationCall } from './operation.ts'
import { SessionLogins } from './session-logins.ts'
import type { SessionState } from './session-state.ts'
import { write } from './store-operations.ts'

const SESSION_CLASS = 'zimki_session'
const COOKIE = 'zimki_session'
const LIFETIME_MS = 30 * 24 * 3_600_000

interface StoredSession {
  data: { [property: string]: Json }
  user: string | null
  /** Sessions of earlier versions have none. */
  known?: string | null
}

/** Sessions of browsers (ZIMKI-API section 4). A cookie is believed only when the store knows its session. */
export function createSessionOperations(clock: Clock): Record<string, Operation> {
  const logins = new SessionLogins(clock)
  return {
    'session.open': async (call) => {
      const { id, data, userId: user } = await opened(call)
      return { id, data, userId: user }
    },
    'session.id': async (call) => {
      const session = await opened(call)
      if (!session.stored) await store(call, session, objectOf(call.params.data))
      return { id: session.id }
    },
    'session.save': async (call) => {
      await store(call, await opened(call), objectOf(call.params.data))
      return null
    },
    'session.login': async (call) => {
      const before = await opened(call)
      const user = await logins.check(call, before, requestOf(call).head.remote)
      const after = fresh(requestOf(call))
      after.userId = user
      after.knownId = user
      await store(call, after, objectOf(call.params.data))
      if (before.stored) await remove(call, before)
      return { userId: user }
    },
    'session.logout': async (call) => {
      const before = await opened(call)
      const after = fresh(requestOf(call))
      after.knownId = before.knownId
      await store(call, after, before.data)
      if (before.stored) await remove(call, before)
      return null
    },
    'session.delete': async (call) => {
      const session = await opened(call)
      if (session.stored) await remove(call, session)
      const request = requestOf(call)
      fresh(request)
      setCookie(request, '', 0)
      return null
    },
  }
}

export const sessionOperations = createSessionOperations(systemClock)

function requestOf({ request }: OperationCall): RunningRequest {
  if (request) return request
  throw new PlatformError('INVALID_ARGUMENT', 'a session exists only while a request is answered')
}

async function opened(call: OperationCall): Promise<SessionState> {
  const request = requestOf(call)
  if (request.session) return request.session
  const id = cookieOf(request)
  if (!id) return fresh(request)
  countRead(call)
  const { objects, load } = call.realm
  const found = await objects.get(load.realm, SESSION_CLASS, id).catch(missing)
  if (!found) return fresh(request)
  const { data, user, known = user } = found.data as unknown as StoredSession
  request.session = { id, stored: true, announced: true, data, userId: user, knownId: known }
  return request.session
}

function fresh(request: RunningRequest): SessionState {
  request.session = {
    id: randomUUID(),
    stored: false,
    announced: false,
    data: {},
    userId: null,
    knownId: null,
  }
  return request.session
}

async function store(
  call: OperationCall,
  session: SessionState,
  data: { [property: string]: Json },
): Promise<void> {
  session.data = data
  await write(call, [
    { op: 'createClass', className: SESSION_CLASS, ifMissing: true },
    {
      op: 'put',
      className: SESSION_CLASS,
      id: session.id,
      data: { data, user: session.userId, known: session.knownId },
      expiresAtMs: Date.now() + LIFETIME_MS,
    },
  ])
  session.stored = true
  if (!session.announced) setCookie(requestOf(call), session.id, LIFETIME_MS / 1000)
  session.announced = true
}

async function remove(call: OperationCall, session: SessionState): Promise<void> {
  await write(call, [{ op: 'delete', className: SESSION_CLASS, id: session.id }])
}

function cookieOf({ head }: RunningRequest): string | null {
  const cookies = headerValue(head.headers, 'cookie')
  const match = cookies ? /(?:^|;\s*)zimki_session=([0-9a-f-]{36})(?:;|$)/.exec(cookies) : null
  return match && isUuid(match[1]!) ? match[1]! : null
}

function setCookie({ head, extraHeaders }: RunningRequest, id: string, maxAgeSeconds: number): void {
  const secure = head.url.startsWith('https:') ? '; Secure' : ''
  const kept = extraHeaders.findIndex((value) => value.startsWith(`${COOKIE}=`))
  if (kept >= 0) extraHeaders.splice(kept - 1, 2)
  const path = `${head.root}/`
  extraHeaders.push(
    'set-cookie',
    `${COOKIE}=${id}; Path=${path}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`,
  )
}

function objectOf(data: unknown): { [property: string]: Json } {
  return data !== null && typeof data === 'object' ? (data as { [property: string]: Json }) : {}
}
