import {
  CreateTagsCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  type EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, it } from '@jest/globals'
import { codeOf, oneInstance, testCloud } from '../testing/test-cloud.ts'

async function run(ec2: EC2Client, change = {}): Promise<string> {
  const { Instances } = await ec2.send(new RunInstancesCommand(oneInstance(change)))
  return Instances?.[0]?.InstanceId ?? ''
}

const look = (ec2: EC2Client, id: string) => ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))

describe('faults', () => {
  it('refuse calls with any code of EC2, as often as they are told', async () => {
    await using cloud = await testCloud()
    const { ec2, simulator } = cloud
    const fault = { kind: 'error', action: 'Describe*', code: 'RequestLimitExceeded', times: 2 } as const
    simulator.control.addFault(fault)
    const ask = () => codeOf(ec2.send(new DescribeVpcsCommand({})))
    expect(await ask()).toBe('RequestLimitExceeded')
    expect(await codeOf(run(ec2))).toMatchObject({ value: expect.stringMatching(/^i-/) })
    expect(await ask()).toBe('RequestLimitExceeded')
    expect(await ask()).toMatchObject({ value: {} })
  })

  it('lose answers after the thing was done, and requests before', async () => {
    await using cloud = await testCloud()
    const { ec2, simulator } = cloud
    simulator.control.addFault({ kind: 'lost-request', action: 'RunInstances', times: 1 })
    await expect(run(ec2, { ClientToken: 'a' })).rejects.toThrow()
    expect(simulator.control.resources().instances).toEqual([])
    simulator.control.addFault({ kind: 'lost-response', action: 'RunInstances', times: 1 })
    await expect(run(ec2, { ClientToken: 'a' })).rejects.toThrow()
    const [made] = simulator.control.resources().instances ?? []
    expect(await run(ec2, { ClientToken: 'a' })).toBe(made)
    expect(simulator.control.resources().instances).toEqual([made])
  })

  it('hide what is new, for looks or for a time', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    simulator.control.addFault({ kind: 'slow-consistency', action: 'RunInstances', looks: 2, forMs: 5000 })
    const id = await run(ec2)
    const tag = new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'a', Value: '' }] })
    expect(await codeOf(look(ec2, id))).toBe('InvalidInstanceID.NotFound')
    expect(await codeOf(ec2.send(tag))).toBe('InvalidInstanceID.NotFound')
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations ?? []).toEqual([])
    pass(5000)
    expect(await codeOf(look(ec2, id))).toMatchObject({ value: {} })
  })

  it('take capacity by type, zone and market', async () => {
    await using cloud = await testCloud()
    const { ec2, simulator } = cloud
    simulator.control.addFault({ kind: 'no-capacity', instanceType: 't3.micro', zone: 'us-east-1a' })
    const zone = (AvailabilityZone: string) => ({ Placement: { AvailabilityZone } })
    expect(await codeOf(run(ec2, zone('us-east-1a')))).toBe('InsufficientInstanceCapacity')
    expect(await codeOf(run(ec2, zone('us-east-1b')))).toMatchObject({ value: expect.any(String) })
    expect(await codeOf(run(ec2, { ...zone('us-east-1a'), InstanceType: 't3.small' }))).toMatchObject({
      value: expect.any(String),
    })
  })

  it('darken a zone: checks fail, nothing starts there, until it is lit again', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    const there = { Placement: { AvailabilityZone: 'us-east-1a' } }
    await run(ec2, there)
    pass(1000)
    const status = async () =>
      (await ec2.send(new DescribeInstanceStatusCommand({}))).InstanceStatuses?.[0]?.SystemStatus?.Status
    expect(await status()).toBe('ok')
    await simulator.control.darken('us-east-1a')
    expect(await status()).toBe('impaired')
    expect(await codeOf(run(ec2, there))).toBe('InsufficientInstanceCapacity')
    expect(
      (await look(ec2, await run(ec2))).Reservations?.[0]?.Instances?.[0]?.Placement?.AvailabilityZone,
    ).not.toBe('us-east-1a')
    await simulator.control.relight('us-east-1a')
    expect(await status()).toBe('ok')
  })

  it('let instances fail to boot, or fail their checks', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    simulator.control.addFault({ kind: 'boot-failure', how: 'never-boots', times: 1 })
    const dumb = await run(ec2)
    simulator.control.addFault({ kind: 'boot-failure', how: 'ends', times: 1 })
    const dead = await run(ec2)
    pass(1000)
    const { InstanceStatuses } = await ec2.send(new DescribeInstanceStatusCommand({}))
    expect(InstanceStatuses).toMatchObject([{ InstanceId: dumb, InstanceStatus: { Status: 'impaired' } }])
    pass(1000)
    expect((await look(ec2, dead)).Reservations?.[0]?.Instances?.[0]).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code: 'Server.InternalError' },
    })
  })

  it('are the same for one seed, and others for another', async () => {
    const story = async (seed: number) => {
      await using cloud = await testCloud({ seed })
      cloud.simulator.control.addFault({ kind: 'error', code: 'Unavailable', share: 0.5 })
      const heard: boolean[] = []
      for (let index = 0; index < 20; index += 1) {
        heard.push((await codeOf(cloud.ec2.send(new DescribeVpcsCommand({})))) === 'Unavailable')
      }
      return heard
    }
    const first = await story(1)
    expect(await story(1)).toEqual(first)
    expect(await story(2)).not.toEqual(first)
  })

  it('are steered over HTTP by whoever has the token', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    const { AWS_SIMULATOR_CONTROL_URL: url, AWS_SIMULATOR_CONTROL_TOKEN: token } = simulator.env
    const ask = async (method: string, path: string, body?: unknown, given = token) => {
      const headers = { authorization: `Bearer ${given}` }
      const answer = await fetch(`${url}${path}`, {
        method,
        headers,
        body: body ? JSON.stringify(body) : undefined,
      })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    }
    expect((await ask('GET', '/faults', undefined, 'guess')).status).toBe(401)
    const rule = { kind: 'error', action: 'DescribeVpcs', code: 'Throttling' }
    const { body } = await ask('POST', '/faults', rule)
    expect(await codeOf(ec2.send(new DescribeVpcsCommand({})))).toBe('Throttling')
    expect((await ask('DELETE', `/faults/${body.id}`)).status).toBe(200)
    expect(await codeOf(ec2.send(new DescribeVpcsCommand({})))).toMatchObject({ value: {} })
    expect((await ask('POST', '/faults', { kind: 'earthquake' })).status).toBe(400)
    expect((await ask('GET', '/constructor')).status).toBe(404)
    expect((await ask('GET', '/calls')).body).toEqual({ DescribeVpcs: 2 })
    const id = await run(ec2, { InstanceMarketOptions: { MarketType: 'spot' } })
    pass(1000)
    expect((await ask('POST', `/instances/${id}/interrupt`, { noticeMs: 5000 })).status).toBe(200)
    pass(4999)
    expect((await ask('GET', '/resources')).body).toMatchObject({ instances: [id] })
    pass(1000)
    expect((await ask('GET', '/resources')).body).toMatchObject({ instances: [] })
  })
})
