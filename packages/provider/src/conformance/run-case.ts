import { PlatformError } from '@openzimki/core'
import type { MachineProvider } from '../contract.ts'
import type { CaseContext, ConformanceCase, ProviderHarness } from './harness.ts'

const INTERRUPTED = 'the run was interrupted'

/** Runs one case with owners of its own, and removes whatever it made, also when `signal` cuts it short. */
export async function runCase(
  harness: ProviderHarness,
  one: ConformanceCase,
  owner: string,
  signal?: AbortSignal,
): Promise<void> {
  const bench = new CaseBench(harness, owner)
  let failure: unknown
  try {
    await untilAborted(
      bench.context().then((context) => one.run(context)),
      signal,
    )
  } catch (thrown) {
    failure = thrown
  }
  try {
    await bench.clear()
  } catch (thrown) {
    failure ??= new Error(`what the case made could not be removed: ${PlatformError.from(thrown).message}`, {
      cause: thrown,
    })
  }
  if (failure !== undefined) throw failure
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  work.catch(() => undefined)
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(new PlatformError('CANCELLED', INTERRUPTED))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal.aborted) onAbort()
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** The providers of one case, and the ids that were launched through them. */
class CaseBench {
  readonly #harness: ProviderHarness
  readonly #owner: string
  readonly #opened: MachineProvider[] = []
  readonly #launched = new Map<string, Set<string>>()
  #isCleared = false

  constructor(harness: ProviderHarness, owner: string) {
    this.#harness = harness
    this.#owner = owner
  }

  async context(): Promise<CaseContext> {
    return {
      harness: this.#harness,
      provider: await this.#open(this.#owner),
      stranger: await this.#open(`${this.#owner}-stranger`),
      reopen: () => this.#open(this.#owner),
    }
  }

  /** Ids are destroyed even where no list shows them: a launch that was cut off may still be under way. */
  async clear(): Promise<void> {
    this.#isCleared = true
    for (const provider of this.#opened.splice(0)) await provider.close()
    for (const owner of [this.#owner, `${this.#owner}-stranger`]) {
      const sweeper = await this.#harness.open(owner)
      const listed = (await sweeper.list()).map(({ id }) => id)
      for (const id of new Set([...listed, ...(this.#launched.get(owner) ?? [])])) await sweeper.destroy(id)
      await sweeper.close()
    }
  }

  async #open(owner: string): Promise<MachineProvider> {
    const provider = await this.#harness.open(owner)
    if (this.#isCleared) {
      // The run was interrupted while it opened: what is launched from here on would be removed by nobody.
      await provider.close()
      throw new PlatformError('CANCELLED', INTERRUPTED)
    }
    this.#opened.push(provider)
    const seen = this.#launched.get(owner) ?? new Set<string>()
    this.#launched.set(owner, seen)
    const launch: MachineProvider['launch'] = async (spec, options) => {
      const machine = await provider.launch(spec, options).catch((thrown: unknown) => {
        if (PlatformError.from(thrown).code === 'CANCELLED') seen.add(spec.id)
        throw thrown
      })
      seen.add(spec.id)
      return machine
    }
    return withLaunch(provider, launch)
  }
}

/** Spelled out, because a provider may be an instance of a class. */
function withLaunch(provider: MachineProvider, launch: MachineProvider['launch']): MachineProvider {
  return {
    name: provider.name,
    owner: provider.owner,
    manifest: provider.manifest,
    launch,
    offerings: (options) => provider.offerings(options),
    start: (id, options) => provider.start(id, options),
    inspect: (id, options) => provider.inspect(id, options),
    list: (options) => provider.list(options),
    stop: (id, options) => provider.stop(id, options),
    destroy: (id, options) => provider.destroy(id, options),
    logs: (id, options) => provider.logs(id, options),
    watch: (options) => provider.watch(options),
    check: (options) => provider.check(options),
    close: () => provider.close(),
  }
}
