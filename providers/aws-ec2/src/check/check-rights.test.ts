import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { checkConfig } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { SCRIPTED_CONFIG, type ScriptedEc2, startScriptedEc2 } from '../testing/scripted-ec2.ts'
import { checkRights } from './check-rights.ts'
import { rightsOf } from './rights.ts'

let ec2: ScriptedEc2 | undefined
afterEach(async () => ec2?.close())

const SUBNETS =
  '<subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-east-1a</availabilityZone></item></subnetSet>'

async function findings(denied: string[]) {
  ec2 = await startScriptedEc2((call) => {
    if (call.get('DryRun') !== 'true') return call.get('Action') === 'DescribeSubnets' ? SUBNETS : ''
    const isDenied = denied.includes(call.get('Action') ?? '')
    return isDenied
      ? { code: 'UnauthorizedOperation', status: 403 }
      : { code: 'DryRunOperation', status: 412 }
  })
  const config = checkConfig({ ...SCRIPTED_CONFIG, endpoint: ec2.endpoint })
  return checkRights(openClient(config), config)
}

const everything = () => {
  const config = checkConfig(SCRIPTED_CONFIG)
  const one = 'x'
  const all = {
    instance: one,
    volume: one,
    networkInterface: one,
    spotRequest: one,
    template: one,
    group: one,
  }
  return rightsOf(openClient(config), config, { zone: 'a', subnet: 's', vpc: 'v' }, all)
}

describe('the check of rights', () => {
  it('names exactly what is missing, and the statement that grants it', async () => {
    const errors = (await findings(['RunInstances', 'DescribeVolumes'])).filter(
      ({ level }) => level === 'error',
    )
    expect(errors.map(({ text }) => text)).toEqual([
      expect.stringMatching(/ec2:DescribeVolumes is missing.*"Look"/),
      expect.stringMatching(/ec2:RunInstances is missing.*"LaunchOnlyTagged"/),
    ])
  })

  it('does nothing but ask', async () => {
    await findings([])
    for (const call of ec2!.calls)
      expect(call.get('DryRun') === 'true' || call.get('Action')?.startsWith('Describe')).toBe(true)
  })

  it('says of what it cannot ask that it did not', async () => {
    const texts = (await findings([])).map(({ text }) => text)
    expect(texts.find((text) => text.includes('TerminateInstances'))).toContain('not asked')
  })

  it('asks for what the policy grants, each in the statement that it names', async () => {
    const policy = JSON.parse(await readFile(new URL('../../policy/platform.json', import.meta.url), 'utf8'))
    const granted = (sid: string) =>
      policy.Statement.find((one: { Sid: string }) => one.Sid === sid)?.Action ?? []
    for (const { action, sid } of everything()) expect(granted(sid)).toContain(`ec2:${action}`)
    const asked = new Set(everything().map(({ action }) => `ec2:${action}`))
    const all = policy.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action) as string[]
    const unasked = all.filter((action) => action.startsWith('ec2:') && !asked.has(action))
    expect(unasked).toEqual(['ec2:RevokeSecurityGroupIngress'])
  })
})
