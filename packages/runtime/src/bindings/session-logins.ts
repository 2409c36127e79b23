import { type Clock, PlatformError, REALM_USER_CLASS } from '@openzimki/core'
import { verifyPassword } from '@openzimki/core/password-hash'
import { countRead } from './count-read.ts'
import { missing } from './missing.ts'
import type { OperationCall, RealmServices } from './operation.ts'
import { SessionLoginGuard } from './session-login-guard.ts'
import type { SessionState } from './session-state.ts'
import { userId } from './user-objects.ts'

/** What is hashed against when there is no such user, so that the time taken tells nothing. */
const NOBODY = 'scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

/** Checks who logs in, for the realms of a cell. */
export class SessionLogins {
  readonly #clock: Clock
  /** One for each deployment that somebody has tried; gone with it. */
  readonly #guards = new WeakMap<RealmServices, SessionLoginGuard>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The id of the user. Throws UNAUTHENTICATED: the pair is wrong, or may not be tried now. */
  async check(call: OperationCall, session: SessionState, remote: string): Promise<string> {
    const username = String(call.params.username)
    const id = userId(username)
    const knownBrowser = session.stored && session.knownId === id ? session.id : null
    const admitted = this.#guardOf(call.realm).admit({ username, remote, knownBrowser })
    countRead(call)
    const { objects, load } = call.realm
    const user = await objects.get(load.realm, REALM_USER_CLASS, id).catch(missing)
    if (await verifyPassword(String(call.params.password), user?.data.password ?? NOBODY)) {
      admitted.right()
      return id
    }
    admitted.wrong()
    throw new PlatformError('UNAUTHENTICATED', 'wrong username or password')
  }

  #guardOf(realm: RealmServices): SessionLoginGuard {
    const known = this.#guards.get(realm)
    if (known) return known
    const guard = new SessionLoginGuard(this.#clock, (text) =>
      realm.log({ request: null, level: 'warn', text }),
    )
    this.#guards.set(realm, guard)
    return guard
  }
}
