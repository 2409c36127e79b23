import type { Instance } from '@aws-sdk/client-ec2'
import type { Machine } from '@openzimki/provider'
import { hasTag, readTags, TAG } from '../machine-tags.ts'
import { createdAtMsOf, isAtRest, isStillAtRest, type Preparation } from './preparation.ts'

/** Null: not a machine of this owner, or destroyed: EC2 shows a terminated instance for about an hour more. */
export function instanceMachine(
  instance: Instance,
  owner: string,
  preparation: Preparation = 'asked',
): Machine | null {
  const tagged = readTags(instance.Tags, owner)
  if (!tagged || isGone(instance) || instance.InstanceId === undefined) return null
  return {
    ...tagged,
    zone: instance.Placement?.AvailabilityZone ?? 'unknown',
    createdAtMs: createdAtMsOf(instance),
    native: instance.InstanceId,
    ...(isAtRest(instance) ? restingState(instance, preparation) : stateOf(instance)),
  }
}

/** Marked and still running is a destroy that was cut off: that is there, lest nobody ends it. */
export function isGone({ Tags, State }: Instance): boolean {
  return hasTag(Tags, TAG.gone) && (State?.Name === 'terminated' || State?.Name === 'shutting-down')
}

/** Until it was started what it does is to be prepared, and what it did by itself is no end. */
function restingState(instance: Instance, preparation: Preparation): Pick<Machine, 'state' | 'reason'> {
  const seen = stateOf(instance)
  if (!isStillAtRest(instance)) return isOnItsWay(instance) ? { state: 'starting', reason: null } : seen
  if (preparation === 'done') return { state: 'prepared', reason: null }
  if (preparation === 'asked') return { state: 'starting', reason: null }
  return { state: 'failed', reason: preparation.failed }
}

/** Nobody told it to end. */
function isOnItsWay({ State, Tags }: Instance): boolean {
  if (hasTag(Tags, TAG.stop) || hasTag(Tags, TAG.gone)) return false
  return State?.Name === 'pending' || State?.Name === 'running' || State?.Name === 'stopping'
}

function stateOf(instance: Instance): Pick<Machine, 'state' | 'reason'> {
  const asked = hasTag(instance.Tags, TAG.stop) || hasTag(instance.Tags, TAG.gone)
  switch (instance.State?.Name) {
    case 'stopped':
    case 'terminated':
      return asked ? { state: 'stopped', reason: null } : { state: 'failed', reason: whyEnded(instance) }
    case 'stopping':
    case 'shutting-down':
      return { state: 'stopping', reason: null }
    case 'pending':
      return { state: asked ? 'stopping' : 'starting', reason: null }
    default:
      return { state: asked ? 'stopping' : 'running', reason: null }
  }
}

/** EC2's codes (StateReason) in words that say what to do. Their list is in the EC2 API reference, type StateReason. */
const REASONS: [when: RegExp, why: string][] = [
  [/Spot(Instance)?Termination|Spot.*Interrupt/, 'AWS took the spot instance back'],
  [/Spot(Instance)?Shutdown/, 'AWS stopped the spot instance to take its capacity back'],
  [/InsufficientInstanceCapacity/, 'AWS had no room to start it; another zone or type may'],
  [/InstanceInitiatedShutdown/, 'the machine shut itself down: its agent ended, and its logs may say why'],
  [/UserInitiatedShutdown/, 'somebody stopped or terminated the instance with rights on the account'],
  [/UserInitiatedHibernate/, 'somebody hibernated the instance with rights on the account'],
  [/VolumeLimitExceeded/, 'the account may have no more volumes of this kind: ask AWS for a higher quota'],
  [
    /InvalidSnapshot|InternalError/,
    'its volume could not be made; look at the rights on the key that encrypts it',
  ],
  [/ScheduledStop/, 'AWS retired the hardware under it'],
]

function whyEnded({ StateReason, StateTransitionReason, State }: Instance): string {
  const code = StateReason?.Code ?? ''
  const known = REASONS.find(([when]) => when.test(code))?.[1]
  const said = [code, StateReason?.Message, StateTransitionReason].filter(Boolean).join(', ')
  const what = known ?? `the instance is ${State?.Name} and nobody asked for it`
  return said === '' ? what : `${what} (${said})`
}

/** Of several with one id, which only happens where EC2 forgot a client token, the eldest is the machine. */
export function eldestFirst(a: Instance, b: Instance): number {
  const difference = createdAtMsOf(a) - createdAtMsOf(b)
  if (difference !== 0) return difference
  return (a.InstanceId ?? '') < (b.InstanceId ?? '') ? -1 : 1
}
