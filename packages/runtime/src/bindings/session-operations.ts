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
const DAY_MS = 24 * 3_600_000
/** After the last save, unless its program has set `expires`. */
const LIFETIME_MS = 30 * DAY_MS
/** No browser keeps a cookie for longer. */
const MAX_COOKIE_MS = 400 * DAY_MS

interface StoredSession {
  data: { [property: string]: Json }
  user: string | null
  /** Sessions of earlier versions have none. */
  known?: string | null
  expiresAtMs?: number | null
}

/** Sessions of browsers (ZIMKI-API section 4). A cookie is believed only when the store knows its session. */
export function createSessionOperations(clock: Clock): Record<string, Operation> {
  const logins = new SessionLogins(clock)
  return {
    'session.open': async (call) => {
      const { id, data, userId, createdAt, expiresAtMs } = await opened(call)
      return { id, data, userId, createdAt, expiresAtMs }
    },
    'session.id': async (call) => {
      const session = await opened(call)
      if (!session.stored) await store(call, session, asGiven(call))
      return { id: session.id, createdAt: session.createdAt }
    },
    'session.save': async (call) => {
      const session = await opened(call)
      await store(call, session, asGiven(call))
      return { createdAt: session.createdAt }
    },
    'session.login': async (call) => {
      const before = await opened(call)
      const user = await logins.check(call, before, requestOf(call).head.remote)
      const after = fresh(requestOf(call))
      after.userId = user
      after.knownId = user
      await store(call, after, asGiven(call))
      if (before.stored) await remove(call, before)
      return { userId: user, createdAt: after.createdAt }
    },
    'session.logout': async (call) => {
      const before = await opened(call)
      const after = fresh(requestOf(call))
      after.knownId = before.knownId
      await store(call, after, before)
      if (before.stored) await remove(call, before)
      return { createdAt: after.createdAt }
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
  const { data, user, known = user, expiresAtMs = null } = found.data as unknown as StoredSession
  const { createdAt } = found
  // Announced anew at a save, so that the cookie lasts as long as the session.
  const state = { id, stored: true, announced: false, data, createdAt, expiresAtMs }
  request.session = { ...state, userId: user, knownId: known }
  return request.session
}

function fresh(request: RunningRequest): SessionState {
  request.session = {
    id: randomUUID(),
    stored: false,
    announced: false,
    data: {},
    createdAt: null,
    expiresAtMs: null,
    userId: null,
    knownId: null,
  }
  return request.session
}

async function store(
  call: OperationCall,
  session: SessionState,
  { data, expiresAtMs }: Pick<SessionState, 'data' | 'expiresAtMs'>,
): Promise<void> {
  const nowMs = Date.now()
  const endMs = expiresAtMs ?? nowMs + LIFETIME_MS
  const stored = { data, user: session.userId, known: session.knownId, expiresAtMs }
  const [head] = await write(call, [
    { op: 'createClass', className: SESSION_CLASS, ifMissing: true },
    { op: 'put', className: SESSION_CLASS, id: session.id, data: stored, expiresAtMs: endMs },
  ])
  const { createdAt } = head as { createdAt: string }
  Object.assign(session, { data, expiresAtMs, createdAt, stored: true })
  const leftMs = Math.min(Math.max(0, endMs - nowMs), MAX_COOKIE_MS)
  if (!session.announced) setCookie(requestOf(call), session.id, Math.round(leftMs / 1000))
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

/** What the program wants to have stored. */
function asGiven({ params }: OperationCall): Pick<SessionState, 'data' | 'expiresAtMs'> {
  const { data, expiresAtMs } = params
  return {
    data: data !== null && typeof data === 'object' ? (data as SessionState['data']) : {},
    expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : null,
  }
}
