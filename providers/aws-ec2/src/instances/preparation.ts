import type { Instance } from '@aws-sdk/client-ec2'
import { hasTag, TAG, tagValue } from '../machine-tags.ts'

/** How the preparation of an instance went. `asked`: it goes on, or nobody has looked yet. */
export type Preparation = 'asked' | 'done' | { failed: string }

const SHUT_ITSELF_DOWN = 'Client.InstanceInitiatedShutdown'

/**
 * It was launched to be prepared, and has not been started since. The tag of the start names the time of the launch before it: as long as EC2
 * shows that time, the start has not come true, whoever asked for it and was lost, and may be asked for again.
 */
export function isAtRest({ Tags, LaunchTime }: Instance): boolean {
  if (!hasTag(Tags, TAG.prepare)) return false
  const before = tagValue(Tags, TAG.started)
  return before === undefined || before === LaunchTime?.toISOString()
}

/** It is at rest, and shut itself down: it is prepared, or has given up. */
export const isStillAtRest = (instance: Instance): boolean =>
  isAtRest(instance) &&
  instance.State?.Name === 'stopped' &&
  !hasTag(instance.Tags, TAG.stop) &&
  !hasTag(instance.Tags, TAG.gone) &&
  (instance.StateReason?.Code ?? SHUT_ITSELF_DOWN) === SHUT_ITSELF_DOWN

/** Milliseconds since 1970. EC2 gives an instance that is started a new launch time. */
export function createdAtMsOf({ Tags, LaunchTime }: Instance): number {
  const first = Date.parse(tagValue(Tags, TAG.started) ?? '')
  return Number.isNaN(first) ? (LaunchTime?.getTime() ?? 0) : first
}
