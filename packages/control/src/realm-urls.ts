import type { AccountPolicy } from './account-policy.ts'
import type { RealmRow } from './database/rows.ts'

/** Where keys answer, as people write it. */
export class RealmUrls {
  readonly #publicUrl: () => string
  readonly #baseDomains: string[]
  readonly #policy: AccountPolicy

  /** `publicUrl` is a function, because the port may only be known once the gateway listens. */
  constructor(publicUrl: () => string, baseDomains: string[], policy: AccountPolicy) {
    this.#publicUrl = publicUrl
    this.#baseDomains = baseDomains
    this.#policy = policy
  }

  /** The realm's own origin with its slash; null without alias. */
  origin(alias: string | null): string | null {
    const [base] = this.#baseDomains
    if (alias === null || base === undefined) return null
    const url = new URL(this.#publicUrl())
    url.hostname = `${alias}.${base}`
    return url.href
  }

  /**
   * The address to hand to people and programs. On `localhost` the path form where it is allowed: many resolvers do not know
   * names below localhost.
   */
  url(key: { id: string; alias: string | null }, realm: Pick<RealmRow, 'account' | 'path_form'>): string {
    const origin = this.origin(key.alias)
    if (origin !== null && !(this.hasPathForm(realm) && this.#baseDomains[0] === 'localhost')) return origin
    return new URL(`/u/${key.alias ?? key.id}/`, this.#publicUrl()).href
  }

  /** Whether it answers at `/u/<key>/` too: where its owner and the operator allow it. */
  hasPathForm({ account, path_form }: Pick<RealmRow, 'account' | 'path_form'>): boolean {
    return path_form !== 0 && this.#policy.mayUsePathForm(account)
  }

  /** Whether a host name is the platform's own, so that no customer may bind it. */
  isOwn(host: string): boolean {
    const own = [new URL(this.#publicUrl()).hostname, 'localhost', ...this.#baseDomains]
    return own.some((name) => host === name || host.endsWith(`.${name}`))
  }
}
