import type { EC2Client } from '@aws-sdk/client-ec2'
import type { CheckResult } from '@openzimki/provider'
import type { CheckedEc2Config } from '../config.ts'
import { mapError } from '../map-error.ts'
import { launchTemplate } from '../resources/launch-template.ts'
import { sweepStrays } from './sweep.ts'

/** After the start a platform has other things to do. */
const FIRST_MS = 300_000
const HOUR_MS = 3_600_000

export interface StrayKeeperOptions {
  ec2: EC2Client
  config: CheckedEc2Config
  nowMs(): number
}

/** Sweeps what no machine needs, now and then, when somebody looks at the machines anyway. */
export class StrayKeeper {
  readonly #options: StrayKeeperOptions
  #dueMs: number
  #failure: string | null = null

  constructor(options: StrayKeeperOptions) {
    this.#options = options
    this.#dueMs = options.nowMs() + FIRST_MS
  }

  /** A sweep that fails keeps nobody from seeing the machines; check tells of it. */
  async sweepWhenDue(): Promise<void> {
    const { ec2, config, nowMs } = this.#options
    if (nowMs() < this.#dueMs) return
    this.#dueMs = nowMs() + HOUR_MS
    try {
      await sweepStrays({ ec2, owner: config.owner, nowMs: nowMs(), template: launchTemplate(config).name })
      this.#failure = null
    } catch (thrown) {
      this.#failure = mapError(thrown).message
    }
  }

  findings(): CheckResult['findings'] {
    if (this.#failure === null) return []
    return [{ level: 'warn', text: `what machines left behind could not be swept: ${this.#failure}` }]
  }
}
