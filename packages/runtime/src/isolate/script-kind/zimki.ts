import { sprintf } from '@openzimki/sprintf'
import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'
import { fileApi } from './file.ts'
import { libraryApi } from './library.ts'
import type { Persist } from './persist.ts'
import type { Publisher } from './publish.ts'
import { Redirect } from './redirect.ts'
import { remoteApi } from './remote.ts'
import { Render } from './render.ts'
import type { CurrentRequest } from './request-state.ts'
import { currentSession } from './session.ts'
import type { Users } from './users.ts'

/** What `zimki` is made of. */
export interface ZimkiParts {
  door: HostDoor
  request: CurrentRequest
  publisher: Publisher
  persist: Persist
  users: Users
  env: Record<string, string>
}

/** The global `zimki` (ZIMKI-API sections 2 to 6). */
export function createZimki(parts: ZimkiParts): object {
  const { door, request, publisher, persist, users, env } = parts
  const zimki = {
    publishPath: (path: unknown, handler: unknown) => publisher.publishPath(path, handler),
    publishService: (name: unknown, fn: unknown, example?: unknown, argSpec?: unknown) =>
      publisher.services.publish(name, fn, example, argSpec),
    redirect: (url: unknown) => new Redirect(url),
    persist: { create: (name: unknown) => persist.create(name) },
    render: new Render(door),
    library: libraryApi(door),
    remote: remoteApi(door),
    file: fileApi(door),
    digest: digestApi(door),
    sprintf,
    uuid: () => (ask(door, 'uuid', {}) as { uuid: string }).uuid,
    log: (...values: unknown[]) =>
      door.post('log', JSON.stringify({ level: 'info', text: values.map(logText).join(' ') })),
    secret: (name: unknown) => (Object.hasOwn(env, String(name)) ? env[String(name)] : undefined),
    email: { send: () => unsupported('zimki.email.send', 'this provider has no mail service yet') },
    schedule: () => unsupported('zimki.schedule', 'schedules come with a later version of the platform'),
  }
  const getters = {
    root: () => request.state.root,
    apikey: () => request.state.apikey,
    alias: () => request.state.alias,
    session: () => currentSession(door, request, users),
  }
  for (const [name, get] of Object.entries(getters))
    Object.defineProperty(zimki, name, { get, enumerable: true, configurable: true })
  return zimki
}

function digestApi(door: HostDoor): object {
  const digest = (algorithm: string) => (text: unknown, key?: unknown) =>
    (
      ask(door, 'digest', { algorithm, text: String(text), key: key === undefined ? null : String(key) }) as {
        hex: string
      }
    ).hex
  return {
    md5: digest('md5'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    /** hmac(key, text): SHA-256. */
    hmac: (key: unknown, text: unknown) => digest('sha256')(text, key),
  }
}

function logText(value: unknown): string {
  if (value instanceof Error) return String(value.stack ?? value)
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return JSON.stringify(value)
  } catch (error) {
    return `${Object.prototype.toString.call(value)} (${String(error)})`
  }
}

function unsupported(what: string, why: string): never {
  const error = new Error(`${what}: ${why}`)
  error.name = 'UNSUPPORTED'
  throw error
}
