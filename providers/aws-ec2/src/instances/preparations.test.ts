import type { Instance } from '@aws-sdk/client-ec2'
import { afterEach, describe, expect, it } from '@jest/globals'
import { checkConfig } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { TAG } from '../machine-tags.ts'
import { type Answer, SCRIPTED_CONFIG, type ScriptedEc2, startScriptedEc2 } from '../testing/scripted-ec2.ts'
import { Preparations } from './preparations.ts'
import { startInstance } from './start-instance.ts'

let ec2: ScriptedEc2 | undefined
afterEach(async () => ec2?.close())

const AT_REST: Instance = {
  ...{ InstanceId: 'i-1', LaunchTime: new Date(0), State: { Name: 'stopped' } },
  StateReason: { Code: 'Client.InstanceInitiatedShutdown' },
  Tags: [{ Key: TAG.prepare, Value: 'asked' }],
}
const shows = (text: string): Answer => `<output>${Buffer.from(text).toString('base64')}</output>`

async function clientFor(answer: (action: string) => Answer) {
  ec2 = await startScriptedEc2((call) => answer(call.get('Action') ?? ''))
  return openClient(checkConfig({ ...SCRIPTED_CONFIG, endpoint: ec2.endpoint }))
}

/** With a clock of its own. */
async function preparations(console: () => Answer) {
  const client = await clientFor((action) => (action === 'GetConsoleOutput' ? console() : ''))
  const clock = { nowMs: 0 }
  return { known: new Preparations({ ec2: client, nowMs: () => clock.nowMs }), clock }
}
const asked = (action: string) => ec2!.calls.filter((call) => call.get('Action') === action)

describe('how a preparation went', () => {
  it('is what the instance said last, is written down, and is asked once', async () => {
    const text = '[ 1.0] zimki-boot: begins\r\n[ 2.0] zimki-boot: prepared\r\n[ 3.0] Powering off\r\n'
    const { known } = await preparations(() => shows(text))
    await Promise.all([known.look([AT_REST]), known.look([AT_REST])])
    await known.look([AT_REST])
    expect(known.of(AT_REST)).toBe('done')
    expect(asked('GetConsoleOutput')).toHaveLength(1)
    expect(asked('CreateTags').map((call) => [call.get('Tag.1.Key'), call.get('Tag.1.Value')])).toEqual([
      [TAG.prepare, 'done'],
    ])
  })

  it('is not asked of what is written down, of what runs, or of what was told to end', async () => {
    const { known } = await preparations(() => shows(''))
    const done = { ...AT_REST, Tags: [{ Key: TAG.prepare, Value: 'done' }] }
    await known.look([
      done,
      { ...AT_REST, State: { Name: 'running' } },
      { ...AT_REST, Tags: [...(AT_REST.Tags ?? []), { Key: TAG.stop, Value: '1' }] },
      { ...AT_REST, Tags: [] },
    ])
    expect(known.of(done)).toBe('done')
    expect(ec2?.calls).toEqual([])
  })

  it('tells why it failed', async () => {
    const { known } = await preparations(() => shows('zimki-boot: failed: the agent cannot be had\r\n'))
    await known.look([AT_REST])
    expect(known.of(AT_REST)).toEqual({
      failed: expect.stringContaining('the agent cannot be had; its console'),
    })
  })

  it.each<[string, () => Answer]>([
    ['says nothing', () => shows('')],
    ['is refused', () => ({ code: 'UnauthorizedOperation', status: 403 })],
  ])('is waited for while the console %s, and not for ever', async (_, console) => {
    const { known, clock } = await preparations(console)
    await known.look([AT_REST])
    const looks = asked('GetConsoleOutput').length
    clock.nowMs = 4_999
    await known.look([AT_REST])
    expect(asked('GetConsoleOutput')).toHaveLength(looks)
    clock.nowMs = 295_000
    await known.look([AT_REST])
    expect(known.of(AT_REST)).toBe('asked')
    expect(asked('GetConsoleOutput')).toHaveLength(2 * looks)
    clock.nowMs = 300_000
    await known.look([AT_REST])
    expect(known.of(AT_REST)).toEqual({ failed: expect.stringContaining('cannot be told') })
  })
})

describe('a start', () => {
  const start = async (answers: Answer[]) => {
    const rest = [...answers]
    const client = await clientFor((action) => (action === 'StartInstances' ? (rest.shift() ?? '') : ''))
    return startInstance(client, AT_REST, AbortSignal.timeout(10_000))
  }
  const order = () => ec2!.calls.map((call) => call.get('Action'))

  it('is written down before it is asked for, with the launch before it', async () => {
    await start([])
    expect(order()).toEqual(['CreateTags', 'StartInstances'])
    expect(asked('CreateTags')[0]?.get('Tag.1.Value')).toBe('1970-01-01T00:00:00.000Z')
  })

  it('waits for an instance that stops yet, or is not known everywhere', async () => {
    await start([{ code: 'IncorrectInstanceState' }, { code: 'InvalidInstanceID.NotFound' }])
    expect(order().filter((action) => action === 'StartInstances')).toHaveLength(3)
  })

  it('for which there is no room says so at once', async () => {
    await expect(start([{ code: 'InsufficientInstanceCapacity' }])).rejects.toMatchObject({
      name: 'InsufficientInstanceCapacity',
    })
    expect(order()).toEqual(['CreateTags', 'StartInstances'])
  })
})
