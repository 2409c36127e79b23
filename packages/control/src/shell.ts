import { PlatformError } from '@openzimki/core'
import { z } from 'zod'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { requireRealm } from './find-realm.ts'
import type { RealmInvoker } from './realm-invoker.ts'

const answer = z.object({
  value: z.string().nullable(),
  json: z.unknown().optional(),
  error: z.object({ message: z.string(), stack: z.string() }).nullable(),
})

/** JavaScript evaluated in a realm, on its own data. */
export class ShellService {
  readonly #context: ControlContext
  readonly #invoker: RealmInvoker
  readonly #demand: (realm: string) => Promise<void>

  constructor(context: ControlContext, invoker: RealmInvoker, demand: (realm: string) => Promise<void>) {
    this.#context = context
    this.#invoker = invoker
    this.#demand = demand
  }

  /** SCRIPT_ERROR with `details.stack` when the program throws. */
  async evaluate(
    caller: Caller,
    reference: string,
    source: string,
  ): Promise<{ value: string; json?: unknown }> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    if (realm.deployment === null)
      throw new PlatformError('NOT_FOUND', `Nothing is deployed in ${realm.name} yet`)
    const entry = { caller, action: 'shell.evaluate', target: realm.id, details: { chars: source.length } }
    await change(this.#context, entry, async () => undefined)
    await this.#demand(realm.id)
    const target = { op: 'eval' as const, realm: realm.id, deployment: realm.deployment }
    const { value, json, error } = await this.#invoker.ask(target, { code: source }, answer)
    if (error) throw new PlatformError('SCRIPT_ERROR', error.message, { details: { stack: error.stack } })
    return { value: value ?? 'undefined', ...(json === undefined ? {} : { json }) }
  }
}
