import type { Instance } from '@aws-sdk/client-ec2'
import { describe, expect, it } from '@jest/globals'
import { TAG } from '../machine-tags.ts'
import { hasEnded } from './end-instance.ts'
import { instanceMachine } from './instance-machine.ts'
import type { Preparation } from './preparation.ts'

const BORN = new Date('2026-01-01T00:00:00Z')
const LATER = new Date('2026-01-02T00:00:00Z')
const ITSELF = { Code: 'Client.InstanceInitiatedShutdown' }

/** As EC2 shows one that was launched to be prepared. */
function instance(
  state: string,
  tags: Record<string, string> = {},
  change: Partial<Instance> = {},
): Instance {
  const own = {
    [TAG.owner]: 'me',
    [TAG.machine]: 'm-1',
    [TAG.size]: 'small',
    [TAG.fingerprint]: 'f',
    [TAG.prepare]: 'asked',
  }
  return {
    ...{ InstanceId: 'i-1', LaunchTime: BORN, State: { Name: state as 'stopped' } },
    Tags: Object.entries({ ...own, ...tags }).map(([Key, Value]) => ({ Key, Value })),
    ...(state === 'stopped' ? { StateReason: ITSELF } : {}),
    ...change,
  }
}
const stateOf = (one: Instance, preparation?: Preparation) => instanceMachine(one, 'me', preparation)?.state
const started = { [TAG.started]: BORN.toISOString() }

describe('an instance that is to be prepared', () => {
  it.each(['pending', 'running', 'stopping'])('and is %s is still being prepared', (state) => {
    expect(stateOf(instance(state))).toBe('starting')
    expect(stateOf(instance(state, { [TAG.stop]: '1' }))).toBe('stopping')
  })

  it('and has shut itself down is what it said last', () => {
    const one = instance('stopped')
    expect([stateOf(one), stateOf(one, 'done')]).toEqual(['starting', 'prepared'])
    const failed = instanceMachine(one, 'me', { failed: 'no bundle' })
    expect(failed).toMatchObject({ state: 'failed', reason: 'no bundle' })
    expect(hasEnded(one)).toBe(false)
  })

  it.each(['Client.UserInitiatedShutdown', 'Server.ScheduledStop'])(
    'and was stopped by somebody else has failed: %s',
    (Code) => {
      const one = instance('stopped', {}, { StateReason: { Code } })
      expect([stateOf(one, 'done'), hasEnded(one)]).toEqual(['failed', true])
    },
  )

  it('and was told to end is stopped', () => {
    const one = instance('stopped', { [TAG.stop]: '1' })
    expect([stateOf(one, 'done'), hasEnded(one)]).toEqual(['stopped', true])
    expect(stateOf(instance('terminated'))).toBe('failed')
  })

  it('and whose start did not come true can be started again', () => {
    expect(stateOf(instance('stopped', started), 'done')).toBe('prepared')
  })

  it('and was started is a machine like any other, as old as before', () => {
    const again = { LaunchTime: LATER }
    expect(stateOf(instance('pending', started, again), 'done')).toBe('starting')
    expect(stateOf(instance('running', started, again), 'done')).toBe('running')
    const ended = instance('stopped', started, again)
    expect([stateOf(ended, 'done'), hasEnded(ended)]).toEqual(['failed', true])
    expect(instanceMachine(ended, 'me')?.createdAtMs).toBe(BORN.getTime())
  })
})
