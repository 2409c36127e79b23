import type { Group, Page } from '@openzimki/api'
import { PlatformError, REALM_GROUP_CLASS, realmGroupId } from '@openzimki/core'
import type { ObjectStore, Operation, StoredObject } from '@openzimki/store'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import type { PageRequest } from './database/read-page.ts'
import type { RealmRow } from './database/rows.ts'
import { requireRealm } from './find-realm.ts'
import { membersOf, noClass, objectPage, requireUser, sha256Hex, writeAudited } from './users.ts'

/** Groups of a realm's users, in the realm's own store. */
export class GroupService {
  readonly #context: ControlContext
  readonly #objects: ObjectStore

  constructor(context: ControlContext, objects: ObjectStore) {
    this.#context = context
    this.#objects = objects
  }

  async create(caller: Caller, reference: string, { name }: { name: string }): Promise<Group> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const taken = new PlatformError('ALREADY_EXISTS', `The realm ${realm.name} has a group ${name} already`)
    if (await this.#find(realm, name)) throw taken
    const id = realmGroupId(name, sha256Hex)
    const operations: Operation[] = [
      { op: 'createClass', className: REALM_GROUP_CLASS, ifMissing: true },
      { op: 'put', className: REALM_GROUP_CLASS, id, data: { name, members: [] }, ifVersion: 0 },
    ]
    await this.#write(caller, realm, 'group.create', name, operations).catch((error: unknown) => {
      throw PlatformError.from(error).code === 'CONFLICT' ? taken : error
    })
    return show(await this.#require(realm, name))
  }

  /** By name. */
  async list(caller: Caller, reference: string, page: PageRequest): Promise<Page<Group>> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const { items, next } = await objectPage(this.#objects, realm.id, REALM_GROUP_CLASS, 'name', page)
    return { items: items.map(show), next }
  }

  async addMember(caller: Caller, reference: string, name: string, username: string): Promise<Group> {
    return this.#setMembers(caller, reference, name, username, (members, user) => [
      ...new Set([...members, user]),
    ])
  }

  async removeMember(caller: Caller, reference: string, name: string, username: string): Promise<Group> {
    return this.#setMembers(caller, reference, name, username, (members, user) =>
      members.filter((member) => member !== user),
    )
  }

  async delete(caller: Caller, reference: string, name: string): Promise<void> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const { id, version } = await this.#require(realm, name)
    const remove: Operation = { op: 'delete', className: REALM_GROUP_CLASS, id, ifVersion: version }
    await this.#write(caller, realm, 'group.delete', name, [remove])
  }

  async #setMembers(
    caller: Caller,
    reference: string,
    name: string,
    username: string,
    next: (members: string[], user: string) => string[],
  ): Promise<Group> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const group = await this.#require(realm, name)
    const user = await requireUser(this.#objects, realm, username)
    const data = { ...group.data, members: next(membersOf(group), user.id) }
    const { id, version } = group
    const put: Operation = { op: 'put', className: REALM_GROUP_CLASS, id, data, ifVersion: version }
    await this.#write(caller, realm, 'group.update', name, [put])
    return show({ ...group, data })
  }

  async #require(realm: RealmRow, name: string): Promise<StoredObject> {
    const group = await this.#find(realm, name)
    if (group) return group
    throw new PlatformError(
      'NOT_FOUND',
      `The realm ${realm.name} has no group ${name}; \`zimki groups\` lists them`,
    )
  }

  /** By name, because a program may have made it under another id than ours would be. */
  async #find(realm: RealmRow, name: string): Promise<StoredObject | null> {
    const query = { terms: { name }, page: 1, perPage: 1 }
    const found = await this.#objects.search(realm.id, REALM_GROUP_CLASS, query).catch(noClass)
    return found?.[0] ?? null
  }

  async #write(caller: Caller, realm: RealmRow, action: string, group: string, operations: Operation[]) {
    await writeAudited(
      this.#context,
      this.#objects,
      { caller, realm, action, details: { group } },
      operations,
    )
  }
}

const show = (object: StoredObject): Group => ({
  id: object.id,
  name: String(object.data.name),
  createdAt: object.createdAt,
  members: membersOf(object),
})
