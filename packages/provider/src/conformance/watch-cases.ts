import assert from 'node:assert/strict'
import type { MachineProvider } from '../contract.ts'
import { group, launchReady, rejects, soon, specOf, until, untilState } from './case-tools.ts'
import type { CaseContext } from './harness.ts'

/** Somebody who watches, and what he was told. */
class Listener {
  readonly told: (string | null)[] = []
  /** Resolves when it ends in order. */
  readonly ended: Promise<void>
  readonly #stop = new AbortController()

  constructor(provider: MachineProvider) {
    this.ended = this.#listen(provider)
    // A case that waits for more says what did not come.
    this.ended.catch(() => undefined)
  }

  stop(): void {
    this.#stop.abort()
  }

  async #listen(provider: MachineProvider): Promise<void> {
    for await (const change of provider.watch({ signal: this.#stop.signal })) this.told.push(change)
  }
}

/** One who has been told from where on nothing is missed. */
async function listen(context: CaseContext, provider = context.provider): Promise<Listener> {
  const listener = new Listener(provider)
  const isTold = await until(context, async () => (listener.told.length > 0 ? true : null))
  assert.ok(isTold, 'watch did not begin with null, which says that from then on nothing is missed')
  assert.equal(
    listener.told[0],
    null,
    'the first word of a watch must be null: what happened before is not told',
  )
  return listener
}

async function untilTold(context: CaseContext, { told }: Listener, id: string): Promise<void> {
  const isTold = await until(context, async () => (told.slice(1).includes(id) ? true : null))
  assert.ok(isTold, `machine ${id} ended, and nobody who watches was told; only ${JSON.stringify(told)}`)
}

const watches = ({ provider }: CaseContext): boolean => provider.manifest.watch === true

export const watchCases = group('watch', {
  'begins with the word that anything may have changed': async (context) => {
    if (!watches(context)) return
    const listener = await listen(context)
    listener.stop()
    await soon(context, listener.ended, 'a watch whose signal was aborted did not end')
  },
  'tells of a machine that ended by itself, and then it is seen as ended': async (context) => {
    if (!watches(context)) return
    const machine = await launchReady(context)
    const listener = await listen(context)
    await context.harness.crash(machine)
    await untilTold(context, listener, 'm-1')
    await untilState(context, 'm-1', 'failed')
  },
  'tells of one that another platform of the owner ended': async (context) => {
    if (!watches(context)) return
    await launchReady(context)
    const listener = await listen(context)
    await (await context.reopen()).stop('m-1', { graceMs: 1_000 })
    await untilTold(context, listener, 'm-1')
  },
  'tells of machines that a platform before it launched': async (context) => {
    if (!watches(context)) return
    const machine = await launchReady(context)
    await context.provider.close()
    const listener = await listen(context, await context.reopen())
    await context.harness.crash(machine)
    await untilTold(context, listener, 'm-1')
  },
  'tells of machines that were launched after it began': async (context) => {
    if (!watches(context)) return
    const listener = await listen(context)
    await context.harness.crash(await launchReady(context))
    await untilTold(context, listener, 'm-1')
  },
  'tells nothing of the machines of another owner': async (context) => {
    if (!watches(context)) return
    const listener = await listen(context)
    const theirs = await context.stranger.launch(await specOf(context, { id: 'theirs' }))
    await until(context, async () =>
      (await context.stranger.inspect('theirs')).state === 'running' ? true : null,
    )
    await context.harness.crash(await context.stranger.inspect(theirs.id))
    await context.harness.crash(await launchReady(context))
    await untilTold(context, listener, 'm-1')
    assert.ok(!listener.told.includes('theirs'), 'an owner was told of the machine of another')
  },
  'tells each of several who watch, and ends for one alone': async (context) => {
    if (!watches(context)) return
    const machine = await launchReady(context)
    const [first, second, third] = [await listen(context), await listen(context), await listen(context)]
    third.stop()
    await soon(context, third.ended, 'a watch whose signal was aborted did not end')
    await context.harness.crash(machine)
    await untilTold(context, first, 'm-1')
    await untilTold(context, second, 'm-1')
  },
  'ends without an error when the provider is closed': async (context) => {
    if (!watches(context)) return
    const listener = await listen(context)
    await context.provider.close()
    await soon(context, listener.ended, 'a watch did not end with its provider')
  },
  'throws UNSUPPORTED exactly when the manifest does not say that it works': async (context) => {
    if (watches(context)) {
      await listen(context)
      return
    }
    const refused = rejects(new Listener(context.provider).ended, 'UNSUPPORTED')
    await soon(context, refused, 'the manifest does not say that it can be watched, and yet it can')
  },
})
