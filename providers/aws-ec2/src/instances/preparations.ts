import { CreateTagsCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2'
import { TAG, tagValue } from '../machine-tags.ts'
import { mapError } from '../map-error.ts'
import { isStillAtRest, type Preparation } from './preparation.ts'
import { readConsole } from './read-console.ts'

/** Its last words are looked for in this much of the console. */
const MOST_BYTES = 16 * 1024
/** After its end EC2 shows all of a console; mostly within seconds. */
const SHOWN_WITHIN_MS = 300_000
/** However often somebody asks. */
const LOOK_EVERY_MS = 5_000
const LAST_WORDS = /zimki-boot: (?:(prepared)|failed: ([^\r\n]*))/g

export interface PreparationsOptions {
  ec2: EC2Client
  nowMs(): number
}

/**
 * How preparations went. An instance that prepared itself and one that gave up both shut down; what they said last tells them apart. That it
 * went well is written down in a tag, since EC2 keeps the console for an hour only; so each instance costs one look.
 */
export class Preparations {
  readonly #options: PreparationsOptions
  readonly #known = new Map<string, Preparation>()
  readonly #looking = new Map<string, Promise<void>>()
  /** Those whose console says nothing: first and last time of a look. */
  readonly #silent = new Map<string, { firstMs: number; lastMs: number }>()

  constructor(options: PreparationsOptions) {
    this.#options = options
  }

  /** What is known of it. */
  of(instance: Instance): Preparation {
    if (tagValue(instance.Tags, TAG.prepare) === 'done') return 'done'
    return this.#known.get(instance.InstanceId ?? '') ?? 'asked'
  }

  /** Looks at those that are at rest and of which it is not known. An EC2 that does not answer leaves them unknown for now. */
  async look(instances: readonly Instance[]): Promise<void> {
    const open = instances.filter((one) => isStillAtRest(one) && this.of(one) === 'asked')
    const ids = open.flatMap(({ InstanceId }) => InstanceId ?? [])
    await Promise.all(ids.filter((id) => this.#isDue(id)).map((id) => this.#lookOnce(id)))
  }

  /** It is gone. */
  forget(instanceId: string): void {
    this.#known.delete(instanceId)
    this.#silent.delete(instanceId)
  }

  #isDue(id: string): boolean {
    const silent = this.#silent.get(id)
    return !silent || this.#options.nowMs() - silent.lastMs >= LOOK_EVERY_MS
  }

  #lookOnce(id: string): Promise<void> {
    const looking = this.#looking.get(id) ?? this.#lookAt(id).finally(() => this.#looking.delete(id))
    this.#looking.set(id, looking)
    return looking
  }

  async #lookAt(id: string): Promise<void> {
    const { ec2 } = this.#options
    let trouble = 'its console does not say so'
    try {
      const [, prepared, why] =
        [...(await readConsole(ec2, id, MOST_BYTES)).matchAll(LAST_WORDS)].at(-1) ?? []
      if (prepared !== undefined) {
        await ec2.send(
          new CreateTagsCommand({ Resources: [id], Tags: [{ Key: TAG.prepare, Value: 'done' }] }),
        )
        this.#known.set(id, 'done')
        return
      }
      if (why !== undefined) {
        this.#known.set(id, { failed: `its preparation failed: ${why}; its console has more` })
        return
      }
    } catch (thrown) {
      trouble = mapError(thrown).message
    }
    this.#waitNoLongerThan(SHOWN_WITHIN_MS, id, trouble)
  }

  #waitNoLongerThan(ms: number, id: string, trouble: string): void {
    const nowMs = this.#options.nowMs()
    const firstMs = this.#silent.get(id)?.firstMs ?? nowMs
    this.#silent.set(id, { firstMs, lastMs: nowMs })
    if (nowMs - firstMs < ms) return
    this.#silent.delete(id)
    this.#known.set(id, { failed: `it shut down, and it cannot be told whether it was prepared: ${trouble}` })
  }
}
