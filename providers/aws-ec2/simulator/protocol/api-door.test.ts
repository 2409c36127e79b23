import { DescribeInstancesCommand, DescribeVpcsCommand, RunInstancesCommand } from '@aws-sdk/client-ec2'
import { describe, expect, it } from '@jest/globals'
import { codeOf, oneInstance, testCloud } from '../testing/test-cloud.ts'
import { queryTree } from './query-tree.ts'

describe('the door of the API', () => {
  it('lets nobody in without the right key, signature and time', async () => {
    await using cloud = await testCloud()
    const { simulator, clientWith } = cloud
    const { accessKeyId, secretAccessKey } = simulator.credentials
    const ask = (credentials: typeof simulator.credentials) =>
      codeOf(clientWith(credentials).send(new DescribeVpcsCommand({})))
    expect(await ask({ accessKeyId, secretAccessKey: 'wrong' })).toBe('SignatureDoesNotMatch')
    expect(await ask({ accessKeyId: 'AKIAUNKNOWN', secretAccessKey })).toBe('AuthFailure')
    expect(
      await ask({ accessKeyId, secretAccessKey, sessionToken: 'x' } as typeof simulator.credentials),
    ).toBe('AuthFailure')
    const bare = await fetch(`${simulator.endpoint}/?Action=DescribeVpcs&Version=2016-11-15`)
    expect(bare.status).toBe(403)
    expect(await bare.text()).toMatch(
      /<Response><Errors><Error><Code>MissingAuthenticationToken<.*<RequestID>/,
    )
    const forged = await fetch(simulator.endpoint, {
      method: 'POST',
      body: 'Action=DescribeVpcs&Version=2016-11-15',
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/x` },
    })
    expect(await forged.text()).toContain('<Code>IncompleteSignature</Code>')
  })

  it('does not take a request whose body was changed after it was signed', async () => {
    await using cloud = await testCloud()
    const { ec2, simulator } = cloud
    ec2.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: string }
        request.body = request.body.replace('t3.micro', 't3.large')
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    expect(await codeOf(ec2.send(new RunInstancesCommand(oneInstance())))).toBe('SignatureDoesNotMatch')
    expect(simulator.control.resources().instances).toEqual([])
  })

  it('holds each key to its policy, what is asked for by the way included', async () => {
    const keys = [
      { accessKeyId: 'AKIALOOKER', secretAccessKey: 'a', policy: { allow: ['ec2:Describe*'] } },
      {
        accessKeyId: 'AKIAMAKER',
        secretAccessKey: 'b',
        policy: { deny: ['ec2:CreateTags', 'iam:PassRole'] },
      },
    ]
    await using cloud = await testCloud({ keys })
    const [looker, maker] = keys.map((key) => cloud.clientWith(key))
    const run = (change = {}) => new RunInstancesCommand(oneInstance(change))
    expect(await codeOf(looker!.send(new DescribeInstancesCommand({})))).toMatchObject({ value: {} })
    expect(await codeOf(looker!.send(run()))).toBe('UnauthorizedOperation')
    expect(await codeOf(looker!.send(run({ DryRun: true })))).toBe('UnauthorizedOperation')
    expect(await codeOf(maker!.send(run({ DryRun: true })))).toBe('DryRunOperation')
    const TagSpecifications = [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: '' }] }]
    expect(await codeOf(maker!.send(run({ TagSpecifications })))).toBe('UnauthorizedOperation')
    expect(await codeOf(maker!.send(run({ IamInstanceProfile: { Name: 'x' } })))).toBe(
      'UnauthorizedOperation',
    )
    expect(cloud.simulator.control.resources().instances).toEqual([])
  })

  it('counts calls by action', async () => {
    await using cloud = await testCloud()
    await cloud.ec2.send(new DescribeVpcsCommand({}))
    await codeOf(cloud.ec2.send(new RunInstancesCommand(oneInstance({ ImageId: 'x' }))))
    expect(cloud.simulator.control.calls.byAction()).toEqual({ DescribeVpcs: 1, RunInstances: 1 })
  })
})

describe('a query', () => {
  it('becomes a tree, whatever its names are', () => {
    const pairs: [string, string][] = [
      ['Filter.10.Name', 'b'],
      ['Filter.2.Name', 'a'],
      ['Filter.2.Value.1', 'x'],
      ['__proto__.polluted', 'yes'],
      ['constructor.prototype.polluted', 'yes'],
    ]
    const tree = queryTree(pairs)
    expect(tree.Filter).toEqual([{ Name: 'a', Value: ['x'] }, { Name: 'b' }])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(() => queryTree([['a.'.repeat(50), 'x']])).toThrow('too deep')
  })
})
