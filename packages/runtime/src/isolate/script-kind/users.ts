import type { HostDoor } from '../host-door.ts'
import { hide, makeClass, type PersistClass } from './persist.ts'

interface Group {
  members?: string[]
  save(): void
}

interface User {
  id?: string
  username?: unknown
}

/**
 * `zimki_user` and `zimki_group` (ZIMKI-API section 4). They are classes like others inside; the host hashes a password
 * that is set, never sends it back, and keeps user names unique.
 */
export class Users {
  readonly userClass: PersistClass
  readonly groupClass: PersistClass

  constructor(door: HostDoor) {
    this.userClass = makeClass(door, 'zimki_user')
    this.groupClass = makeClass(door, 'zimki_group')
    const { groupClass } = this
    Object.defineProperty(this.userClass.prototype, 'groups', {
      configurable: true,
      enumerable: false,
      get(this: User) {
        return groupClass
          .search()
          .filter((group) => ((group as Group).members ?? []).includes(String(this.id)))
      },
    })
    hide(this.userClass.prototype, 'toString', function asText(this: User) {
      return String(this.username ?? '')
    })
    hide(groupClass.prototype, 'add', function add(this: Group, user: User) {
      setMembers(this, [...withoutUser(this, user), memberId(user)])
    })
    hide(groupClass.prototype, 'remove', function remove(this: Group, user: User) {
      setMembers(this, withoutUser(this, user))
    })
  }
}

function memberId(user: User): string {
  if (user && typeof user.id === 'string') return user.id
  throw new TypeError('a group takes saved users: this one has no id')
}

function withoutUser(group: Group, user: User): string[] {
  const id = memberId(user)
  return (group.members ?? []).filter((member) => member !== id)
}

function setMembers(group: Group, members: string[]): void {
  group.members = members
  group.save()
}
