import { createHash } from 'node:crypto'
import { type Json, PlatformError, REALM_USER_CLASS, realmUserId } from '@openzimki/core'
import { hashPassword } from '@openzimki/core/password-hash'
import type { Query, Operation as StoreOperation } from '@openzimki/store/client'
import type { OperationCall } from './operation.ts'

interface Properties {
  [property: string]: Json
}

/** Properties of a user that a program can set and never read: what it has of them is to be dropped once they are stored. */
export const UNREADABLE = ['password']

export const userId = (username: string): string =>
  realmUserId(username, (text) => createHash('sha256').update(text).digest('hex'))

/** What stores a user: a password that is given is hashed, a missing one stays as it was, with null nobody can log in. */
export async function userPut(
  call: OperationCall,
  given: string | null,
  data: Properties,
): Promise<StoreOperation & { op: 'put' }> {
  const { username } = data
  if (typeof username !== 'string' || username === '' || username.length > 200)
    throw invalid('a zimki_user needs a username of 1 to 200 characters')
  const id = userId(username)
  if (given !== null && given !== id)
    throw invalid(`the username of ${username} cannot be changed: create a new user`)
  const put = { op: 'put', className: REALM_USER_CLASS, id } as const
  const isNew = given === null ? { ifVersion: 0 } : {}
  if (given === null || data.password !== undefined)
    return { ...put, data: { ...data, password: await hashed(data.password) }, ...isNew }
  const stored = await call.realm.objects.get(call.realm.load.realm, REALM_USER_CLASS, id)
  // Of this version, else a password that is changed meanwhile would be undone.
  const ifVersion = stored?.version ?? 0
  return { ...put, data: { ...data, password: stored?.data.password ?? null }, ifVersion }
}

async function hashed(password: Json | undefined): Promise<string | null> {
  if (password === undefined || password === null) return null
  if (typeof password === 'string') return hashPassword(password)
  throw invalid(`the password of a zimki_user is text, not a ${typeof password}`)
}

const ATTEMPTS = 3

/** Once more when somebody else stored the user meanwhile. */
export async function untilStored<T>(store: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await store()
    } catch (error) {
      if (attempt === ATTEMPTS || PlatformError.from(error).code !== 'CONFLICT') throw error
    }
  }
}

export function withoutPassword({ password: _, ...data }: Properties): Properties {
  return data
}

/** Every way of naming the property in a term or an order. */
const NAMES_PASSWORD = /^-?password(?:__|:|$)/

/** Searches for users whose hash begins so or so would read it, letter by letter. INVALID_ARGUMENT. */
export function assertPasswordNotAsked({ terms, orderBy }: Pick<Query, 'terms' | 'orderBy'>): void {
  for (const name of [...Object.keys(terms ?? {}), ...(orderBy ?? [])])
    if (NAMES_PASSWORD.test(String(name)))
      throw invalid('the password of a zimki_user can be neither searched for nor ordered by')
}

const invalid = (message: string): PlatformError => new PlatformError('INVALID_ARGUMENT', message)
