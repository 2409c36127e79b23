import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { DescribeVpcsCommand, RunInstancesCommand } from '@aws-sdk/client-ec2'
import { describe, expect, it } from '@jest/globals'
import { clientOf, codeOf, oneInstance, type TestCloud, testCloud } from '../testing/test-cloud.ts'

async function serviceOf({ simulator, ec2, pass }: TestCloud, change = {}) {
  const { Instances } = await ec2.send(new RunInstancesCommand(oneInstance(change)))
  const id = Instances?.[0]?.InstanceId ?? ''
  pass(1000)
  const server = simulator.metadataOf(id)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/latest`
  const newToken = (headers: Record<string, string>) => fetch(`${base}/api/token`, { method: 'PUT', headers })
  const token = await (await newToken({ 'x-aws-ec2-metadata-token-ttl-seconds': '60' })).text()
  const get = async (
    path: string,
    headers: Record<string, string> = { 'x-aws-ec2-metadata-token': token },
  ) => {
    const answer = await fetch(`${base}/${path}`, { headers })
    return { status: answer.status, text: await answer.text() }
  }
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  return { id, newToken, get, [Symbol.asyncDispose]: close }
}

describe('the metadata service', () => {
  it('tells an instance who and where it is, to whoever has a token', async () => {
    await using cloud = await testCloud()
    const UserData = Buffer.from('#!/bin/sh\nécho\n').toString('base64')
    await using service = await serviceOf(cloud, { UserData, Placement: { AvailabilityZone: 'us-east-1b' } })
    const { id, get, newToken } = service
    expect(await get('meta-data/instance-id')).toEqual({ status: 200, text: id })
    expect((await get('meta-data/placement/')).text).toBe('availability-zone\navailability-zone-id\nregion')
    expect((await get('meta-data/placement/availability-zone')).text).toBe('us-east-1b')
    expect((await get('meta-data/instance-life-cycle')).text).toBe('on-demand')
    expect((await get('user-data')).text).toBe('#!/bin/sh\nécho\n')
    expect(JSON.parse((await get('dynamic/instance-identity/document')).text)).toMatchObject({
      instanceId: id,
    })
    expect((await get('meta-data/spot/instance-action')).status).toBe(404)
    expect((await get('meta-data/constructor')).status).toBe(404)
    expect((await get('meta-data/instance-id', {})).status).toBe(401)
    expect((await get('meta-data/instance-id', { 'x-aws-ec2-metadata-token': 'guess' })).status).toBe(401)
    const ttl = 'x-aws-ec2-metadata-token-ttl-seconds'
    expect((await newToken({})).status).toBe(400)
    expect((await newToken({ [ttl]: '21601' })).status).toBe(400)
    expect((await newToken({ [ttl]: '60', 'x-forwarded-for': '10.0.0.1' })).status).toBe(403)
    cloud.pass(61_000)
    expect((await get('meta-data/instance-id')).status).toBe(401)
  })

  it('answers version 1 where it may, and not at all where it is off', async () => {
    await using cloud = await testCloud()
    await using old = await serviceOf(cloud, { MetadataOptions: { HttpTokens: 'optional' } })
    expect((await old.get('meta-data/instance-id', {})).status).toBe(200)
    await using off = await serviceOf(cloud, { MetadataOptions: { HttpEndpoint: 'disabled' } })
    expect((await off.get('meta-data/instance-id')).status).toBe(403)
  })

  it('gives notice: rebalance first, then the interruption', async () => {
    await using cloud = await testCloud()
    const { pass, simulator } = cloud
    await using service = await serviceOf(cloud, { InstanceMarketOptions: { MarketType: 'spot' } })
    const { id, get } = service
    simulator.control.interrupt(id, { rebalanceFirstMs: 10_000 })
    expect(JSON.parse((await get('meta-data/events/recommendations/rebalance')).text)).toEqual({
      noticeTime: expect.stringMatching(/^\d{4}-.*:\d\dZ$/),
    })
    expect((await get('meta-data/spot/instance-action')).status).toBe(404)
    pass(10_000)
    const notice = JSON.parse((await get('meta-data/spot/instance-action')).text) as { time: string }
    expect(notice).toMatchObject({ action: 'terminate' })
    const leftMs = Date.parse(notice.time) - simulator.cloud.nowMs()
    expect(leftMs).toBeGreaterThan(118_000)
    expect(leftMs).toBeLessThanOrEqual(120_000)
  })

  it('has keys for the instance, which may do what its role may', async () => {
    await using cloud = await testCloud({ roles: { looker: { allow: ['ec2:DescribeVpcs'] } } })
    const { simulator } = cloud
    await using service = await serviceOf(cloud, { IamInstanceProfile: { Name: 'looker' } })
    const { get } = service
    expect((await get('meta-data/iam/security-credentials/')).text).toBe('looker')
    const keys = JSON.parse((await get('meta-data/iam/security-credentials/looker')).text) as Record<
      string,
      string
    >
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '', Token: sessionToken } = keys
    const client = clientOf(simulator, {
      accessKeyId,
      secretAccessKey,
      sessionToken,
    } as typeof simulator.credentials)
    expect(await codeOf(client.send(new DescribeVpcsCommand({})))).toMatchObject({ value: {} })
    expect(await codeOf(client.send(new RunInstancesCommand(oneInstance())))).toBe('UnauthorizedOperation')
    const tokenless = clientOf(simulator, { accessKeyId, secretAccessKey })
    expect(await codeOf(tokenless.send(new DescribeVpcsCommand({})))).toBe('AuthFailure')
  })
})
