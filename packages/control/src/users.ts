import { createHash } from 'node:crypto'
import type { Page, User } from '@openzimki/api'
import { PlatformError, REALM_GROUP_CLASS, REALM_USER_CLASS, realmUserId } from '@openzimki/core'
import { hashPassword } from '@openzimki/core/password-hash'
import type { ObjectStore, Operation, StoredObject } from '@openzimki/store'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { cursorOf, type PageRequest } from './database/read-page.ts'
import type { RealmRow } from './database/rows.ts'
import { requireRealm } from './find-realm.ts'

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Users of realms. They live in the realm's own store, where its program finds them as `zimki_user`. */
export class UserService {
  readonly #context: ControlContext
  readonly #objects: ObjectStore

  constructor(context: ControlContext, objects: ObjectStore) {
    this.#context = context
    this.#objects = objects
  }

  async create(
    caller: Caller,
    reference: string,
    input: { username: string; password: string },
  ): Promise<User> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const { username } = input
    const id = realmUserId(username, sha256Hex)
    const data = { username, password: await hashPassword(input.password) }
    const operations: Operation[] = [
      { op: 'createClass', className: REALM_USER_CLASS, ifMissing: true },
      { op: 'put', className: REALM_USER_CLASS, id, data, ifVersion: 0 },
    ]
    await this.#write(caller, realm, 'user.create', username, operations).catch((error: unknown) => {
      if (PlatformError.from(error).code !== 'CONFLICT') throw error
      throw new PlatformError('ALREADY_EXISTS', `The realm ${realm.name} has a user ${username} already`)
    })
    return this.get(caller, reference, username)
  }

  /** By name. */
  async list(caller: Caller, reference: string, page: PageRequest): Promise<Page<User>> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const groups = await searchOrNone(this.#objects, realm.id, REALM_GROUP_CLASS)
    const { items, next } = await objectPage(this.#objects, realm.id, REALM_USER_CLASS, 'username', page)
    return { items: items.map((object) => show(object, groups)), next }
  }

  async get(caller: Caller, reference: string, username: string): Promise<User> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const groups = await searchOrNone(this.#objects, realm.id, REALM_GROUP_CLASS)
    return show(await requireUser(this.#objects, realm, username), groups)
  }

  async setPassword(caller: Caller, reference: string, username: string, password: string): Promise<void> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const hash = await hashPassword(password)
    const user = await requireUser(this.#objects, realm, username)
    const put: Operation = {
      op: 'put',
      className: REALM_USER_CLASS,
      id: user.id,
      data: { ...user.data, password: hash },
      ifVersion: user.version,
    }
    await this.#write(caller, realm, 'user.setPassword', username, [put])
  }

  /** Takes the user out of its groups too. */
  async delete(caller: Caller, reference: string, username: string): Promise<void> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const user = await requireUser(this.#objects, realm, username)
    const groups = await searchOrNone(this.#objects, realm.id, REALM_GROUP_CLASS)
    const left = groups
      .filter((group) => membersOf(group).includes(user.id))
      .map(
        (group): Operation => ({
          op: 'put',
          className: REALM_GROUP_CLASS,
          id: group.id,
          data: { ...group.data, members: membersOf(group).filter((member) => member !== user.id) },
          ifVersion: group.version,
        }),
      )
    const remove: Operation = {
      op: 'delete',
      className: REALM_USER_CLASS,
      id: user.id,
      ifVersion: user.version,
    }
    await this.#write(caller, realm, 'user.delete', username, [...left, remove])
  }

  async #write(caller: Caller, realm: RealmRow, action: string, username: string, operations: Operation[]) {
    await writeAudited(
      this.#context,
      this.#objects,
      { caller, realm, action, details: { username } },
      operations,
    )
  }
}

/** The objects are the realm's, the audit is ours: the row is written once the store has acknowledged. */
export async function writeAudited(
  context: ControlContext,
  objects: ObjectStore,
  entry: { caller: Caller; realm: RealmRow; action: string; details: Record<string, unknown> },
  operations: Operation[],
): Promise<void> {
  const { caller, realm, action, details } = entry
  await objects.batch(realm.id, await objects.epoch(realm.id), operations)
  await change(context, { caller, action, target: realm.id, details }, async () => undefined)
}

export async function requireUser(
  objects: ObjectStore,
  realm: RealmRow,
  username: string,
): Promise<StoredObject> {
  const id = realmUserId(username, sha256Hex)
  const user = await objects.get(realm.id, REALM_USER_CLASS, id).catch(noClass)
  if (user) return user
  throw new PlatformError(
    'NOT_FOUND',
    `The realm ${realm.name} has no user ${username}; \`zimki users\` lists them`,
  )
}

/** All of a class; none when the class is missing. */
export async function searchOrNone(
  objects: ObjectStore,
  realm: string,
  className: string,
): Promise<StoredObject[]> {
  return (await objects.search(realm, className, {}).catch(noClass)) ?? []
}

/** A page in order of a text property; the cursor is the number of objects before it. */
export async function objectPage(
  objects: ObjectStore,
  realm: string,
  className: string,
  property: string,
  { limit, after }: PageRequest,
): Promise<Page<StoredObject>> {
  const before = cursorOf(after) ?? 0
  if (before % limit !== 0) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      '`after` must be the `next` of the page before, with the same `limit`',
    )
  }
  const query = { orderBy: [property], page: before / limit + 1, perPage: limit }
  const items = (await objects.search(realm, className, query).catch(noClass)) ?? []
  return { items, next: items.length === limit ? String(before + limit) : null }
}

export const membersOf = ({ data }: StoredObject): string[] =>
  Array.isArray(data.members) ? data.members.filter((member) => typeof member === 'string') : []

/** A class that nobody has used yet is empty, not missing. */
export function noClass(error: unknown): null {
  if (error instanceof PlatformError && error.code === 'NOT_FOUND') return null
  throw error
}

function show(object: StoredObject, groups: StoredObject[]): User {
  return {
    id: object.id,
    username: String(object.data.username),
    createdAt: object.createdAt,
    groups: groups
      .filter((group) => membersOf(group).includes(object.id))
      .map((group) => String(group.data.name)),
  }
}
