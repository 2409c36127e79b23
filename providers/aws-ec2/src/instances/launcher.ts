import { setTimeout as delay } from 'node:timers/promises'
import type { EC2Client, Instance } from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import type { MachineSpec } from '@openzimki/provider'
import { userData } from '../boot/user-data.ts'
import type { CheckedEc2Config, Ec2Size } from '../config.ts'
import { errorName } from '../map-error.ts'
import type { MarketReader } from '../offerings/market-reader.ts'
import { ensureLaunchTemplate, launchTemplate, NO_TEMPLATE } from '../resources/launch-template.ts'
import { ensureSecurityGroup } from '../resources/security-group.ts'
import { attemptsFor } from './attempts.ts'
import { hasEnded, terminate } from './end-instance.ts'
import type { InstanceTable } from './instance-table.ts'
import { runInstance } from './run-instance.ts'
import { type Attempt, runRequest } from './run-request.ts'

export interface LauncherOptions {
  ec2: EC2Client
  config: CheckedEc2Config
  market: MarketReader
  table: InstanceTable
  /** Aborted: nothing more is asked of EC2 that would make something. */
  closed: AbortSignal
}

/** What another made with the same token is shown everywhere by then. */
const SHOWN_WITHIN_MS = 20_000
const LOOK_MS = 500

/** Makes instances, and what they need besides, which is shared by all machines of an owner. */
export class Launcher {
  readonly #options: LauncherOptions
  /** Made or found by this process. */
  readonly #templates = new Map<string, Promise<void>>()
  readonly #groups = new Map<string, Promise<string>>()
  /** Attempts of which it is not known whether EC2 carried them out: they come first when the launch is repeated. */
  readonly #unsettled = new Map<string, Attempt>()

  constructor(options: LauncherOptions) {
    this.#options = options
  }

  /** The instance that has this id already, or a new one. */
  async launch(spec: MachineSpec, fingerprint: string): Promise<Instance> {
    const { table } = this.#options
    const [there] = await table.of(spec.id)
    if (there) return there
    const instance = await this.#run(spec, fingerprint)
    this.#unsettled.delete(spec.id)
    table.made(instance)
    return this.#onlyOne(spec.id, instance)
  }

  async #run(spec: MachineSpec, fingerprint: string): Promise<Instance> {
    const { config, market, ec2, closed } = this.#options
    const size = sizeOf(config, spec.size)
    const data = userData(config, spec.env, spec.prepared)
    const template = launchTemplate(config)
    const [subnets, now, groups] = await Promise.all([
      market.subnets(),
      market.read(),
      this.#securityGroups(),
    ])
    const attempts = attemptsFor({ spec, size, subnets, market: now, first: this.#unsettled.get(spec.id) })
    for (let time = 1; ; time += 1) {
      await this.#template(template.name)
      try {
        return await runInstance(ec2, attempts, (attempt) => {
          if (closed.aborted) throw new PlatformError('CANCELLED', 'the provider was closed during a launch')
          this.#unsettled.set(spec.id, attempt)
          const parts = { config, size, spec, fingerprint, groups, template: template.name, userData: data }
          return runRequest(parts, attempt)
        })
      } catch (thrown) {
        if (errorName(thrown) === 'IdempotentParameterMismatch') return this.#otherLaunch(spec.id, thrown)
        if (time > 1 || !NO_TEMPLATE.test(errorName(thrown))) throw thrown
        // Swept by a platform of another version since we looked.
        this.#templates.delete(template.name)
      }
    }
  }

  /** Somebody launched this id otherwise, or before the agent's version changed: what EC2 has is what there is. */
  async #otherLaunch(id: string, thrown: unknown): Promise<Instance> {
    const untilMs = performance.now() + SHOWN_WITHIN_MS
    for (;;) {
      const [there] = await this.#options.table.of(id)
      if (there) return there
      if (performance.now() > untilMs) throw thrown
      await delay(LOOK_MS)
    }
  }

  /**
   * Tokens are for one type and zone each. Where a launch was repeated in another process before EC2 showed the first instance, and another
   * type or zone was tried first, there are two: the eldest is the machine, whoever looks.
   */
  async #onlyOne(id: string, made: Instance): Promise<Instance> {
    const { ec2, table } = this.#options
    const [eldest = made, ...others] = (await table.of(id)).filter((instance) => !hasEnded(instance))
    if (others.length > 0) {
      await terminate(ec2, others)
      for (const { InstanceId } of others) table.gone(InstanceId ?? '')
    }
    return eldest
  }

  async #template(name: string): Promise<void> {
    const { ec2, config } = this.#options
    await once(this.#templates, name, () => ensureLaunchTemplate(ec2, config, launchTemplate(config)))
  }

  async #securityGroups(): Promise<string[]> {
    const { ec2, config, market } = this.#options
    if (config.securityGroups) return config.securityGroups
    const vpc = (await market.subnets())[0]?.vpc ?? ''
    return [await once(this.#groups, vpc, () => ensureSecurityGroup(ec2, config, vpc))]
  }
}

/** What failed is tried again by the next who asks. */
function once<T>(held: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = held.get(key)
  if (known) return known
  const made = make()
  held.set(key, made)
  made.catch(() => held.delete(key))
  return made
}

function sizeOf({ sizes }: CheckedEc2Config, name: string): Ec2Size {
  const size = sizes[name]
  if (size) return size
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `size ${name} is not offered; there is ${Object.keys(sizes).join(', ')}`,
  )
}
