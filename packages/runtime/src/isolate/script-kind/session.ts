import { decodeValue, encodeValue, type Json } from '@openzimki/core'
import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'
import { hide } from './persist.ts'
import type { CurrentRequest } from './request-state.ts'
import type { Users } from './users.ts'

interface OpenSession {
  id: string
  data: { [property: string]: Json }
  userId: string | null
}

/**
 * `zimki.session`: the object of the current browser (ZIMKI-API section 4). The host holds the cookie; a session is
 * only stored, and its cookie only sent, once the program saves it, logs in, or asks for its id.
 */
export function currentSession(door: HostDoor, request: CurrentRequest, users: Users): object {
  if (request.session) return request.session
  if (request.state.number === 0) throw new Error('zimki.session exists only while a request is answered')
  const opened = ask(door, 'session.open', {}) as OpenSession
  const session = new Session()
  for (const [key, value] of Object.entries(decodeValue(opened.data) as object))
    Object.defineProperty(session, key, { value, enumerable: true, configurable: true, writable: true })
  equip(session, door, users, opened)
  request.session = session
  return session
}

class Session {}

function equip(session: object, door: HostDoor, users: Users, opened: OpenSession): void {
  let userId = opened.userId
  let user: object | null | undefined
  const save = (): void => {
    ask(door, 'session.save', { data: encodeValue({ ...session }) })
  }
  hide(session, 'save', save)
  hide(session, 'login', (username: unknown, password: unknown) => {
    const answer = ask(door, 'session.login', {
      username: String(username),
      password: String(password),
      data: encodeValue({ ...session }),
    })
    userId = (answer as { userId: string }).userId
    user = undefined
    return true
  })
  hide(session, 'logout', () => {
    ask(door, 'session.logout', {})
    userId = null
    user = null
  })
  hide(session, 'deleteInstance', () => {
    ask(door, 'session.delete', {})
    userId = null
    user = null
  })
  Object.defineProperty(session, 'id', {
    enumerable: false,
    configurable: true,
    get: () => (ask(door, 'session.id', { data: encodeValue({ ...session }) }) as { id: string }).id,
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
