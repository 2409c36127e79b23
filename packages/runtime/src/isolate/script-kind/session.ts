import { decodeValue, type Json } from '@openzimki/core'
import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'
import { dataOf, hide, setOwn } from './persist.ts'
import type { CurrentRequest } from './request-state.ts'
import type { Users } from './users.ts'

interface OpenSession {
  id: string
  data: { [property: string]: Json }
  userId: string | null
  createdAt: string | null
  expiresAtMs: number | null
}

/**
 * `zimki.session`: the object of the current browser (ZIMKI-API section 4), with what a persistable object has. The host holds
 * the cookie; a session is only stored, and its cookie only sent, once the program saves it, logs in, or asks for its id.
 */
export function currentSession(door: HostDoor, request: CurrentRequest, users: Users): object {
  if (request.session) return request.session
  if (request.state.number === 0) throw new Error('zimki.session exists only while a request is answered')
  const opened = ask(door, 'session.open', {}) as OpenSession
  const session = new Session()
  for (const [key, value] of Object.entries(decodeValue(opened.data) as object)) setOwn(session, key, value)
  if (opened.expiresAtMs !== null) setOwn(session, 'expires', new Date(opened.expiresAtMs).toISOString())
  equip(session, door, users, opened)
  request.session = session
  return session
}

class Session {}

function equip(session: object, door: HostDoor, users: Users, opened: OpenSession): void {
  let { userId, createdAt } = opened
  let user: object | null | undefined
  const send = (operation: string, more: object = {}): { id: string; userId: string } => {
    const answer = ask(door, operation, { ...more, ...dataOf(session) }) as OpenSession & { userId: string }
    createdAt = answer.createdAt
    return answer
  }
  hide(session, 'save', () => {
    send('session.save')
    return session
  })
  hide(session, 'login', (username: unknown, password: unknown) => {
    userId = send('session.login', { username: String(username), password: String(password) }).userId
    user = undefined
    return true
  })
  hide(session, 'logout', () => {
    createdAt = (ask(door, 'session.logout', {}) as OpenSession).createdAt
    userId = null
    user = null
  })
  hide(session, 'deleteInstance', () => {
    ask(door, 'session.delete', {})
    createdAt = null
    userId = null
    user = null
  })
  // Not its id: who knows that is logged in.
  hide(session, 'toString', () => '[zimki.session]')
  Object.defineProperty(session, 'id', {
    enumerable: false,
    configurable: true,
    get: () => send('session.id').id,
  })
  Object.defineProperty(session, 'creation_date', {
    enumerable: false,
    configurable: true,
    get: () => createdAt ?? undefined,
  })
  Object.defineProperty(session, 'user', {
    enumerable: false,
    configurable: true,
    get: () => {
      if (user === undefined) user = userId === null ? null : users.userClass.get(userId)
      return user
    },
  })
}
