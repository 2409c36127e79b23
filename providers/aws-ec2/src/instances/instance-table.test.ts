import { afterEach, describe, expect, it } from '@jest/globals'
import { checkConfig } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { TAG } from '../machine-tags.ts'
import { type Answer, SCRIPTED_CONFIG, type ScriptedEc2, startScriptedEc2 } from '../testing/scripted-ec2.ts'
import { InstanceTable } from './instance-table.ts'

const MACHINES = 1_000
const HOUR_MS = 3_600_000
/** How often control looks. */
const LOOK_MS = 1_000

let ec2: ScriptedEc2 | undefined
afterEach(async () => ec2?.close())

const tag = (key: string, value: string) => `<item><key>${key}</key><value>${value}</value></item>`
const instanceXml = (id: string, machine: string, extra = '') =>
  `<item><instanceId>${id}</instanceId><instanceState><name>running</name></instanceState><tagSet>${tag(TAG.owner, 'me')}${tag(TAG.machine, machine)}${tag(TAG.size, 'small')}${tag(TAG.fingerprint, 'f')}${extra}</tagSet></item>`
const page = (instances: string[], next = '') =>
  `<reservationSet><item><instancesSet>${instances.join('')}</instancesSet></item></reservationSet>${next}`

async function tableOf(answer: (call: URLSearchParams) => Answer, nowMs: () => number, refreshMs = 15_000) {
  ec2 = await startScriptedEc2(answer)
  const config = checkConfig({ ...SCRIPTED_CONFIG, endpoint: ec2.endpoint })
  return new InstanceTable({ ec2: openClient(config), owner: 'me', refreshMs, nowMs })
}

describe('the table of instances', () => {
  it('costs at most two calls for each hour of a thousand machines, however often somebody looks', async () => {
    let nowMs = 0
    const all = Array.from({ length: MACHINES }, (_, n) => instanceXml(`i-${n}`, `m-${n}`))
    const half = MACHINES / 2
    const table = await tableOf(
      (call) => {
        if (call.get('NextToken') === 'more') return page(all.slice(half))
        return page(all.slice(0, half), '<nextToken>more</nextToken>')
      },
      () => nowMs,
    )
    const looks = 60
    for (let look = 0; look < looks; look += 1) {
      const seen = await Promise.all([table.all(), table.all(), table.all()])
      expect(seen.map((instances) => instances.length)).toEqual([MACHINES, MACHINES, MACHINES])
      nowMs += LOOK_MS
    }
    const callsAnHour = (ec2!.calls.length * HOUR_MS) / (looks * LOOK_MS)
    expect(callsAnHour / MACHINES).toBeLessThanOrEqual(2)
    expect(ec2!.calls.length).toBe(8)
  })

  it('shows what was just made although EC2 does not yet, and not what was just destroyed although EC2 does', async () => {
    let shown: string[] = []
    const table = await tableOf(
      () => page(shown),
      () => 0,
    )
    const tags = { [TAG.owner]: 'me', [TAG.machine]: 'm-1', [TAG.size]: 'small', [TAG.fingerprint]: 'f' }
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    table.made({ InstanceId: 'i-1', Tags })
    expect((await table.all()).map(({ InstanceId }) => InstanceId)).toEqual(['i-1'])
    expect((await table.of('m-1')).map(({ InstanceId }) => InstanceId)).toEqual(['i-1'])
    expect(await table.of('m-2')).toEqual([])
    shown = [instanceXml('i-1', 'm-1')]
    table.gone('i-1')
    expect(await table.all()).toEqual([])
    expect(await table.of('m-1')).toEqual([])
  })

  it('still has what a destroy marked and did not end', async () => {
    const table = await tableOf(
      () => page([instanceXml('i-1', 'm-1', tag(TAG.gone, '1'))]),
      () => 0,
    )
    expect((await table.all()).length).toBe(1)
  })

  it('reads again what was asked for before a change of its own', async () => {
    const table = await tableOf(
      () => page([]),
      () => 0,
    )
    const before = table.all()
    table.changed()
    await Promise.all([before, table.all()])
    expect(ec2!.calls.length).toBe(2)
  })
})
