import { randomBytes } from 'node:crypto'
import type { Callers } from '../protocol/caller.ts'
import type { Policy } from '../protocol/policy.ts'
import { stamp } from './stamp.ts'

/** As the metadata service writes them. */
export interface TemporaryKeys {
  Code: 'Success'
  LastUpdated: string
  Type: 'AWS-HMAC'
  AccessKeyId: string
  SecretAccessKey: string
  Token: string
  Expiration: string
}

export interface RoleKeysOptions {
  callers: Callers
  accountId: string
  /** By role; a role that is not here may do all. */
  policies: Record<string, Policy>
  nowMs: () => number
}

const LIFE_MS = 6 * 3_600_000
const RENEW_BEFORE_MS = 300_000

/** Temporary keys of instances' roles: known to the API, and renewed before they expire. */
export class RoleKeys {
  readonly #options: RoleKeysOptions
  readonly #given = new Map<string, { keys: TemporaryKeys; untilMs: number }>()

  constructor(options: RoleKeysOptions) {
    this.#options = options
  }

  of(instanceId: string, role: string): TemporaryKeys {
    const nowMs = this.#options.nowMs()
    const given = this.#given.get(instanceId)
    if (given && given.untilMs - RENEW_BEFORE_MS > nowMs) return given.keys
    const untilMs = nowMs + LIFE_MS
    const keys = this.#make(instanceId, role, nowMs, untilMs)
    this.#given.set(instanceId, { keys, untilMs })
    return keys
  }

  #make(instanceId: string, role: string, nowMs: number, untilMs: number): TemporaryKeys {
    const { callers, accountId, policies } = this.#options
    const keys: TemporaryKeys = {
      Code: 'Success',
      LastUpdated: stamp(nowMs),
      Type: 'AWS-HMAC',
      AccessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      SecretAccessKey: randomBytes(30).toString('base64'),
      Token: randomBytes(96).toString('base64'),
      Expiration: stamp(untilMs),
    }
    callers.add({
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
      sessionToken: keys.Token,
      arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${instanceId}`,
      policy: (Object.hasOwn(policies, role) && policies[role]) || {},
    })
    return keys
  }
}
