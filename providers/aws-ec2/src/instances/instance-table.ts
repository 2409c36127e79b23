import { type EC2Client, type Filter, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2'
import { machineFilter, ownerFilter, readTags } from '../machine-tags.ts'
import { eldestFirst, isGone } from './instance-machine.ts'

/** EC2 gives no more at once. */
const PAGE = 1_000
/** After this EC2 shows everywhere what it made; mostly it does within a second. */
const SETTLED_MS = 300_000

export interface InstanceTableOptions {
  ec2: EC2Client
  owner: string
  /** What is known may be this old. */
  refreshMs: number
  nowMs(): number
}

/**
 * All instances of an owner, looked at together: one paged describe answers for every machine, however many ask. What this process did
 * itself is seen at once, also where EC2 does not show it yet.
 */
export class InstanceTable {
  readonly #options: InstanceTableOptions
  #instances = new Map<string, Instance>()
  #readAtMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null
  /** Raised by each change of our own: what was asked for before it is not fresh. */
  #generation = 0
  #readGeneration = -1
  /** Made here, until EC2 shows them. */
  readonly #made = new Map<string, { instance: Instance; atMs: number }>()
  /** Destroyed here, while EC2 may still show them as they were. */
  readonly #gone = new Map<string, number>()

  constructor(options: InstanceTableOptions) {
    this.#options = options
  }

  /** At most `refreshMs` old, and never older than what this process changed. */
  async all(): Promise<Instance[]> {
    const { nowMs, refreshMs } = this.#options
    if (nowMs() - this.#readAtMs >= refreshMs) await this.refresh()
    return [...this.#instances.values()]
  }

  /** Those of one machine, from EC2 now, also what ended by itself; mostly one. `alsoGone`: what was destroyed, as long as it is shown. */
  async of(id: string, { alsoGone = false } = {}): Promise<Instance[]> {
    const found = await this.#read([ownerFilter(this.#options.owner), machineFilter(id)])
    for (const { instance } of this.#made.values()) {
      const isMissing = !found.some(({ InstanceId }) => InstanceId === instance.InstanceId)
      if (isMissing && readTags(instance.Tags, this.#options.owner)?.id === id) found.push(instance)
    }
    return found.filter((instance) => alsoGone || !this.#isGone(instance)).toSorted(eldestFirst)
  }

  /** One read serves all who ask while it is on its way, unless something was changed meanwhile. */
  async refresh(): Promise<void> {
    const wanted = this.#generation
    for (;;) {
      this.#reading ??= this.#readAll()
      await this.#reading
      if (this.#readGeneration >= wanted) return
    }
  }

  /** This process launched it. */
  made(instance: Instance): void {
    if (instance.InstanceId === undefined) return
    this.#made.set(instance.InstanceId, { instance, atMs: this.#options.nowMs() })
    this.changed()
  }

  /** This process destroyed it. */
  gone(instanceId: string): void {
    this.#gone.set(instanceId, this.#options.nowMs())
    this.#made.delete(instanceId)
    this.changed()
  }

  /** What is known is out of date. */
  changed(): void {
    this.#generation += 1
    this.#readAtMs = Number.NEGATIVE_INFINITY
  }

  async #readAll(): Promise<void> {
    const generation = this.#generation
    const { nowMs, owner } = this.#options
    const beganMs = nowMs()
    try {
      const found = await this.#read([ownerFilter(owner)])
      this.#forgetSettled(found, beganMs)
      const instances = [...found, ...[...this.#made.values()].map(({ instance }) => instance)]
      this.#instances = new Map(
        instances.flatMap((one) => (this.#isGone(one) ? [] : [[one.InstanceId ?? '', one] as const])),
      )
      this.#readGeneration = generation
      if (generation === this.#generation) this.#readAtMs = beganMs
    } finally {
      this.#reading = null
    }
  }

  async #read(filters: Filter[]): Promise<Instance[]> {
    const pages = paginateDescribeInstances(
      { client: this.#options.ec2, pageSize: PAGE },
      { Filters: filters },
    )
    const found: Instance[] = []
    for await (const { Reservations = [] } of pages)
      found.push(...Reservations.flatMap(({ Instances = [] }) => Instances))
    return found
  }

  #forgetSettled(found: readonly Instance[], nowMs: number): void {
    for (const { InstanceId = '' } of found) this.#made.delete(InstanceId)
    for (const [id, { atMs }] of this.#made) if (nowMs - atMs > SETTLED_MS) this.#made.delete(id)
    const isStillShown = (id: string) => found.some(({ InstanceId }) => InstanceId === id)
    for (const [id, atMs] of this.#gone)
      if (nowMs - atMs > SETTLED_MS && !isStillShown(id)) this.#gone.delete(id)
  }

  #isGone(instance: Instance): boolean {
    return this.#gone.has(instance.InstanceId ?? '') || isGone(instance)
  }
}
