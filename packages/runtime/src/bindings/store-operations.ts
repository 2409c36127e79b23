import { createHash, randomUUIDv7 } from 'node:crypto'
import { isClassName, isUuid, type Json, PlatformError } from '@openzimki/core'
import { hashPassword } from '@openzimki/core/password-hash'
import type { Query, StoredObject, Operation as StoreOperation } from '@openzimki/store/client'
import { countRead } from './count-read.ts'
import type { Operation, OperationCall } from './operation.ts'

/** Users and groups are objects of classes that programs reach under these names only. */
export const USER_CLASS = 'zimki_user'
export const GROUP_CLASS = 'zimki_group'

/** The store as a program sees it: its own classes, and users without their passwords. */
export const storeOperations: Record<string, Operation> = {
  'store.createClass': async (call) => {
    const className = String(call.params.className)
    if (!isOwnClass(className))
      throw new PlatformError(
        'INVALID_ARGUMENT',
        `"${className}" cannot be a class: use letters, digits and _, not starting with a digit`,
      )
    await write(call, [{ op: 'createClass', className }])
    return null
  },
  'store.get': async (call) => {
    countRead(call)
    const id = String(call.params.id).toLowerCase()
    if (!isUuid(id)) return null
    return shown(await call.realm.objects.get(call.realm.load.realm, classOf(call), id).catch(noClass(call)))
  },
  'store.search': async (call) => {
    countRead(call)
    const query = (call.params.query ?? {}) as Query
    const { objects, load } = call.realm
    const found = await objects.search(load.realm, classOf(call), queryOf(query)).catch(noClass(call))
    return (found ?? []).map(shown)
  },
  'store.count': async (call) => {
    countRead(call)
    const terms = (call.params.terms ?? {}) as Record<string, Json>
    return (
      (await call.realm.objects.count(call.realm.load.realm, classOf(call), terms).catch(noClass(call))) ?? 0
    )
  },
  'store.put': async (call) => {
    const className = classOf(call)
    const operation = await putOperation(call, className)
    const [head] = await write(call, [...ensureClass(className, call.params.makeClass === true), operation])
    return head
  },
  'store.delete': async (call) => {
    await write(call, [{ op: 'delete', className: classOf(call), id: String(call.params.id) }])
    return null
  },
}

/** Platform classes appear at their first use; a program's own are made by zimki.persist.create. */
function ensureClass(className: string, always = false): StoreOperation[] {
  return always || className === USER_CLASS || className === GROUP_CLASS
    ? [{ op: 'createClass', className, ifMissing: true }]
    : []
}

/** A platform class that nobody has used yet is empty, not missing. */
function noClass(call: OperationCall): (error: unknown) => null {
  return (error) => {
    const missing = error instanceof PlatformError && error.code === 'NOT_FOUND'
    if (missing && ensureClass(String(call.params.className), call.params.makeClass === true).length > 0)
      return null
    throw error
  }
}

/** Classes of the program's own; the platform keeps its own under zimki_. */
export function isOwnClass(name: string): boolean {
  return isClassName(name) && !name.startsWith('zimki_')
}

function classOf({ params }: OperationCall): string {
  const className = String(params.className)
  if (className === USER_CLASS || className === GROUP_CLASS) return className
  if (isOwnClass(className)) return className
  throw new PlatformError('INVALID_ARGUMENT', `"${className}" is not a class of this realm`)
}

function queryOf(query: Query): Query {
  const { terms, orderBy, page, perPage } = query
  return {
    ...(terms ? { terms } : {}),
    ...(orderBy ? { orderBy } : {}),
    ...(page ? { page } : {}),
    ...(perPage ? { perPage } : {}),
  }
}

async function putOperation(call: OperationCall, className: string): Promise<StoreOperation & { op: 'put' }> {
  const { params } = call
  const data = { ...(params.data as { [property: string]: Json }) }
  const expiresAtMs = typeof params.expiresAtMs === 'number' ? params.expiresAtMs : null
  const given = typeof params.id === 'string' ? params.id : null
  const version = typeof params.ifVersion === 'number' ? { ifVersion: params.ifVersion } : {}
  if (className === USER_CLASS) return userPut(call, given, data)
  if (given === null) return { op: 'put', className, id: randomUUIDv7(), data, expiresAtMs, ifVersion: 0 }
  return { op: 'put', className, id: given, data, expiresAtMs, ...version }
}

/** The id of a user follows from the name, so two users of one name cannot be stored. */
export function userId(username: string): string {
  const hex = createHash('sha256').update(`${USER_CLASS}:${username}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

async function userPut(
  call: OperationCall,
  given: string | null,
  data: { [property: string]: Json },
): Promise<StoreOperation & { op: 'put' }> {
  const { username } = data
  if (typeof username !== 'string' || username === '' || username.length > 200)
    throw new PlatformError('INVALID_ARGUMENT', 'a zimki_user needs a username of 1 to 200 characters')
  const id = userId(username)
  if (given !== null && given !== id)
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `the username of ${username} cannot be changed: create a new user`,
    )
  const stored = given === null ? null : await call.realm.objects.get(call.realm.load.realm, USER_CLASS, id)
  const password =
    typeof data.password === 'string' ? await hashPassword(data.password) : (stored?.data.password ?? null)
  const isNew = given === null ? { ifVersion: 0 } : {}
  return { op: 'put', className: USER_CLASS, id, data: { ...data, password }, ...isNew }
}

function shown(object: StoredObject | null): object | null {
  if (!object) return null
  const { id, createdAt, version, expiresAtMs } = object
  if (object.className !== USER_CLASS) return { id, data: object.data, createdAt, version, expiresAtMs }
  const { password: _, ...data } = object.data
  return { id, data, createdAt, version, expiresAtMs }
}

/** One batch, acknowledged when it is on disk; answers the heads of what was put. */
export async function write(call: OperationCall, operations: StoreOperation[]): Promise<object[]> {
  if (call.request) call.request.amounts.storeWrites += operations.length
  const result = await call.realm.objects.batch(call.realm.load.realm, 0, operations).catch((error) => {
    throw friendly(error, operations)
  })
  return result.results.filter((head) => head !== null)
}

function friendly(error: unknown, operations: StoreOperation[]): PlatformError {
  const failure = PlatformError.from(error)
  const put = operations.find((operation) => operation.op === 'put')
  if (failure.code === 'CONFLICT' && put?.className === USER_CLASS)
    return new PlatformError(
      'ALREADY_EXISTS',
      `there is a user ${String(put.data.username)} already: choose another name`,
    )
  return failure
}
