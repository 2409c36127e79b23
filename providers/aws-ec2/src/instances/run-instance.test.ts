import { afterEach, describe, expect, it } from '@jest/globals'
import { checkConfig } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { type Answer, SCRIPTED_CONFIG, type ScriptedEc2, startScriptedEc2 } from '../testing/scripted-ec2.ts'
import { runInstance } from './run-instance.ts'
import { type Attempt, runRequest } from './run-request.ts'

let ec2: ScriptedEc2 | undefined
afterEach(async () => ec2?.close())

const ATTEMPTS: Attempt[] = ['t3.micro', 't3.small'].flatMap((type) =>
  ['a', 'b'].map((zone) => ({ type, zone, subnet: `subnet-${zone}`, vpc: 'vpc-1' })),
)

const made = (state = 'pending') =>
  `<instancesSet><item><instanceId>i-1</instanceId><instanceState><name>${state}</name></instanceState></item></instancesSet>`

/** What is launched when EC2 answers the first attempts so. */
async function launched(answers: Answer[]) {
  const rest = [...answers]
  ec2 = await startScriptedEc2(() => rest.shift() ?? made())
  const config = checkConfig({ ...SCRIPTED_CONFIG, endpoint: ec2.endpoint })
  const spec = { id: 'm-1', size: 'small', zone: null, env: {} }
  const parts = {
    config,
    spec,
    size: config.sizes.small!,
    fingerprint: 'f',
    template: 't',
    groups: [],
    userData: '',
  }
  return runInstance(openClient(config), ATTEMPTS, (attempt) => runRequest(parts, attempt))
}

const asked = () =>
  ec2!.calls.map((call) => `${call.get('InstanceType')} ${call.get('NetworkInterface.1.SubnetId')}`)

describe('a launch', () => {
  it.each([
    'InsufficientInstanceCapacity',
    'InsufficientHostCapacity',
    'MaxSpotInstanceCountExceeded',
    'VcpuLimitExceeded',
    'Unsupported',
    'SpotMaxPriceTooLow',
    'InsufficientFreeAddressesInSubnet',
  ])('tries the next way when EC2 says %s', async (code) => {
    expect((await launched([{ code }, { code }])).InstanceId).toBe('i-1')
    expect(asked()).toEqual(['t3.micro subnet-a', 't3.micro subnet-b', 't3.small subnet-a'])
  })

  it('asks each way with a token of its own, and the same way always with the same', async () => {
    await launched([{ code: 'Unsupported' }])
    const tokens = ec2!.calls.map((call) => call.get('ClientToken'))
    expect(new Set(tokens).size).toBe(2)
    await ec2!.close()
    await launched([{ code: 'Unsupported' }])
    expect(ec2!.calls.map((call) => call.get('ClientToken'))).toEqual(tokens)
  })

  it.each<[string, string, string]>([
    ['InsufficientInstanceCapacity', 'NO_CAPACITY', 't3.small in b: InsufficientInstanceCapacity'],
    ['VcpuLimitExceeded', 'QUOTA_EXCEEDED', 'Service Quotas'],
  ])('of which all ways fail with %s is %s, and names them', async (reply, code, text) => {
    const all = ATTEMPTS.map(() => ({ code: reply }))
    await expect(launched(all)).rejects.toMatchObject({ code, message: expect.stringContaining(text) })
  })

  it('does not try another way for what is wrong everywhere', async () => {
    await expect(launched([{ code: 'UnauthorizedOperation' }])).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
    })
    expect(ec2!.calls.length).toBe(1)
  })

  it('repeats a lost answer with the same token', async () => {
    expect((await launched([{ code: 'InternalError', status: 500 }])).InstanceId).toBe('i-1')
    expect(new Set(ec2!.calls.map((call) => call.get('ClientToken'))).size).toBe(1)
    expect(ec2!.calls.length).toBe(2)
  })

  it('does not take an instance that was destroyed for a new one', async () => {
    await expect(launched([made('terminated')])).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })

  it('tags all that it makes in the call that makes it', async () => {
    await launched([])
    const call = ec2!.calls[0]!
    const kinds = [1, 2, 3].map((n) => call.get(`TagSpecification.${n}.ResourceType`))
    expect(kinds).toEqual(['instance', 'volume', 'network-interface'])
    for (const n of [1, 2, 3]) expect(call.toString()).toContain(`TagSpecification.${n}.Tag.2.Value=me`)
  })
})
