import { randomUUIDv7 } from 'node:crypto'
import { isUuid, type Json, PlatformError, REALM_GROUP_CLASS, REALM_USER_CLASS } from '@openzimki/core'
import type { Query, StoredObject, Operation as StoreOperation } from '@openzimki/store/client'
import { countRead } from './count-read.ts'
import type { Operation, OperationCall } from './operation.ts'
import { isOwnClass } from './own-class.ts'
import { assertPasswordNotAsked, UNREADABLE, untilStored, userPut, withoutPassword } from './user-objects.ts'

/** The store as a program sees it: its own classes, and users without their passwords. */
export const storeOperations: Record<string, Operation> = {
  'store.createClass': async (call) => {
    const className = String(call.params.className)
    if (!isOwnClass(className))
      throw new PlatformError(
        'INVALID_ARGUMENT',
        `"${className}" cannot be a class: use letters, digits and _, not starting with a digit`,
      )
    try {
      await write(call, [{ op: 'createClass', className }])
      call.realm.changes.heard([className])
    } catch (error) {
      if (PlatformError.from(error).code === 'ALREADY_EXISTS') call.realm.changes.heard([className])
      throw error
    }
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
    const query = queryOf((call.params.query ?? {}) as Query)
    const className = classOf(call)
    if (className === REALM_USER_CLASS) assertPasswordNotAsked(query)
    const { objects, load } = call.realm
    const found = await objects.search(load.realm, className, query).catch(noClass(call))
    return (found ?? []).map(shown)
  },
  'store.count': async (call) => {
    countRead(call)
    const terms = (call.params.terms ?? {}) as Record<string, Json>
    const className = classOf(call)
    if (className === REALM_USER_CLASS) assertPasswordNotAsked({ terms })
    const { objects, load } = call.realm
    return (await objects.count(load.realm, className, terms).catch(noClass(call))) ?? 0
  },
  'store.put': async (call) => {
    const className = classOf(call)
    const put = async (): Promise<object | undefined> => {
      const operation = await putOperation(call, className)
      const [head] = await write(call, [...ensureClass(className, call.params.makeClass === true), operation])
      return head
    }
    return className === REALM_USER_CLASS ? { ...(await untilStored(put)), unreadable: UNREADABLE } : put()
  },
  'store.delete': async (call) => {
    await write(call, [{ op: 'delete', className: classOf(call), id: String(call.params.id) }])
    return null
  },
}

/** Platform classes appear at their first use; a program's own are made by zimki.persist.create. */
function ensureClass(className: string, always = false): StoreOperation[] {
  return always || className === REALM_USER_CLASS || className === REALM_GROUP_CLASS
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

function classOf({ params }: OperationCall): string {
  const className = String(params.className)
  if (className === REALM_USER_CLASS || className === REALM_GROUP_CLASS) return className
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
  if (className === REALM_USER_CLASS) return userPut(call, given, data)
  if (given === null) return { op: 'put', className, id: randomUUIDv7(), data, expiresAtMs, ifVersion: 0 }
  return { op: 'put', className, id: given, data, expiresAtMs, ...version }
}

function shown(object: StoredObject | null): object | null {
  if (!object) return null
  const { id, createdAt, version, expiresAtMs } = object
  const data = object.className === REALM_USER_CLASS ? withoutPassword(object.data) : object.data
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
  const isNew = put?.ifVersion === 0
  if (failure.code === 'CONFLICT' && put?.className === REALM_USER_CLASS && isNew)
    return new PlatformError(
      'ALREADY_EXISTS',
      `there is a user ${String(put.data.username)} already: choose another name`,
    )
  return failure
}
