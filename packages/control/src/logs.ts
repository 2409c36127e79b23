import type { LogLine, Page } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { cursorOf, type PageRequest } from './database/read-page.ts'
import { requireRealm } from './find-realm.ts'
import type { LogStore } from './metering/log-store.ts'

/** Followers that one account may have at once. */
const MAX_FOLLOWERS = 50
const FOLLOW_PAGE = 500

/** Logs of realms, for their owners. */
export class LogService {
  readonly #context: ControlContext
  readonly #logs: LogStore
  readonly #followers = new Map<string, number>()

  constructor(context: ControlContext, logs: LogStore) {
    this.#context = context
    this.#logs = logs
  }

  async list(
    caller: Caller,
    reference: string,
    page: PageRequest & { level?: string | undefined; request?: string | undefined },
  ): Promise<Page<LogLine>> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    return this.#logs.page(realm.id, page)
  }

  /**
   * Lines as they come, after the cursor, or the last `tail` and what follows; ends when `signal` fires. QUOTA_EXCEEDED
   * beyond 50 followers of one account.
   */
  async follow(
    caller: Caller,
    reference: string,
    input: { after: string | undefined; tail: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<{ id: string; data: LogLine }>> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const cursor = cursorOf(input.after)
    const following = this.#followers.get(caller.account) ?? 0
    if (following >= MAX_FOLLOWERS) {
      throw new PlatformError(
        'QUOTA_EXCEEDED',
        `At most ${MAX_FOLLOWERS} logs can be followed at once; close one first`,
      )
    }
    return this.#lines(caller.account, realm.id, cursor, input.tail, signal)
  }

  async *#lines(
    account: string,
    realm: string,
    from: number | null,
    tail: number,
    signal: AbortSignal,
  ): AsyncGenerator<{ id: string; data: LogLine }> {
    this.#followers.set(account, (this.#followers.get(account) ?? 0) + 1)
    try {
      let after = from === null ? undefined : String(from)
      if (after === undefined && tail === 0) after = String(await this.#logs.lastId())
      let limit = after === undefined ? tail : FOLLOW_PAGE
      while (!signal.aborted) {
        const news = this.#logs.changed(realm, signal)
        const page: Page<LogLine> = await this.#logs.page(realm, { limit, after })
        for (const line of page.items) yield { id: line.id, data: line }
        after = page.next ?? after
        if (page.items.length < limit) await news
        limit = FOLLOW_PAGE
      }
    } finally {
      this.#followers.set(account, (this.#followers.get(account) ?? 1) - 1)
    }
  }
}
