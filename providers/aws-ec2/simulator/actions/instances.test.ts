import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DescribeImagesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  paginateDescribeInstances,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, it } from '@jest/globals'
import { codeOf, oneInstance, testCloud } from '../testing/test-cloud.ts'

async function run(ec2: EC2Client, change = {}): Promise<string> {
  const { Instances } = await ec2.send(new RunInstancesCommand(oneInstance(change)))
  return Instances?.[0]?.InstanceId ?? ''
}

async function look(ec2: EC2Client, id: string) {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return Reservations?.[0]?.Instances?.[0]
}

describe('instances', () => {
  it('go from pending to running to terminated, take their disks and interfaces along, and are described for an hour yet', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    const tags = [{ Key: 'a', Value: 'b' }]
    const kinds = ['instance', 'volume', 'network-interface'] as const
    const id = await run(ec2, {
      TagSpecifications: kinds.map((ResourceType) => ({ ResourceType, Tags: tags })),
    })
    expect(await look(ec2, id)).toMatchObject({ State: { Name: 'pending', Code: 0 }, Tags: tags })
    pass(1000)
    expect(await look(ec2, id)).toMatchObject({ State: { Name: 'running' }, InstanceType: 't3.micro' })
    const { Volumes } = await ec2.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'tag:a', Values: ['b'] }] }),
    )
    const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({}))
    expect(Volumes).toMatchObject([{ State: 'in-use', Attachments: [{ InstanceId: id }], Tags: tags }])
    expect(NetworkInterfaces).toMatchObject([{ Status: 'in-use', TagSet: tags }])
    const inUse = ec2.send(new DeleteVolumeCommand({ VolumeId: Volumes?.[0]?.VolumeId }))
    expect(await codeOf(inUse)).toBe('VolumeInUse')
    const { TerminatingInstances } = await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    expect(TerminatingInstances).toMatchObject([
      { CurrentState: { Name: 'shutting-down' }, PreviousState: { Name: 'running' } },
    ])
    pass(1000)
    expect(await look(ec2, id)).toMatchObject({
      State: { Name: 'terminated' },
      Tags: tags,
      NetworkInterfaces: [],
    })
    expect(Object.values(simulator.control.resources()).flat()).toEqual([])
    pass(3_600_000)
    expect(await codeOf(look(ec2, id))).toBe('InvalidInstanceID.NotFound')
  })

  it('keep a disk that is not to go with them', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    const disk = {
      DeviceName: '/dev/xvdb',
      Ebs: { VolumeSize: 1, DeleteOnTermination: false, Encrypted: true },
    }
    const id = await run(ec2, { BlockDeviceMappings: [disk] })
    pass(1000)
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    pass(1000)
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({}))
    expect(Volumes).toMatchObject([{ State: 'available', Size: 1, Encrypted: true, Attachments: [] }])
    await ec2.send(new DeleteVolumeCommand({ VolumeId: Volumes?.[0]?.VolumeId }))
    expect(simulator.control.resources().volumes).toEqual([])
  })

  it('stop and start, are checked, and have a console', async () => {
    await using cloud = await testCloud()
    const { ec2, pass } = cloud
    const id = await run(ec2)
    const status = async () => (await ec2.send(new DescribeInstanceStatusCommand({}))).InstanceStatuses?.[0]
    pass(100)
    expect(await status()).toMatchObject({ InstanceStatus: { Status: 'initializing' } })
    pass(1000)
    expect(await status()).toMatchObject({ InstanceStatus: { Status: 'ok' }, SystemStatus: { Status: 'ok' } })
    expect(await codeOf(ec2.send(new StartInstancesCommand({ InstanceIds: [id] })))).toMatchObject({
      value: {},
    })
    await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))
    expect((await look(ec2, id))?.State?.Name).toBe('stopping')
    pass(1000)
    expect((await look(ec2, id))?.State?.Name).toBe('stopped')
    expect(await status()).toBeUndefined()
    await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))
    pass(1000)
    expect((await look(ec2, id))?.State?.Name).toBe('running')
    const output = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }))
    expect(output.InstanceId).toBe(id)
    const asleep = ec2.send(new StopInstancesCommand({ InstanceIds: [id], Hibernate: true }))
    expect(await codeOf(asleep)).toBe('UnsupportedHibernationConfiguration')
  })

  it('are made once for one client token, which ends with them and takes no other parameters', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    const ids = await Promise.all(Array.from({ length: 5 }, () => run(ec2, { ClientToken: 'once' })))
    expect(new Set(ids).size).toBe(1)
    const other = run(ec2, { ClientToken: 'once', InstanceType: 't3.small' })
    expect(await codeOf(other)).toBe('IdempotentParameterMismatch')
    expect(simulator.control.resources().instances).toHaveLength(1)
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids.slice(0, 1) }))
    pass(1000)
    expect(await codeOf(run(ec2, { ClientToken: 'once' }))).toBe('IdempotentInstanceTerminated')
  })

  it('are refused before anything is made', async () => {
    await using cloud = await testCloud()
    const { ec2, simulator } = cloud
    expect(await codeOf(run(ec2, { ImageId: 'ami-00000000000000000' }))).toBe('InvalidAMIID.NotFound')
    expect(await codeOf(run(ec2, { InstanceType: 'x9.huge' }))).toBe('InvalidParameterValue')
    expect(await codeOf(run(ec2, { InstanceType: 'm7g.large' }))).toBe('InvalidParameterValue')
    expect(await codeOf(run(ec2, { SubnetId: 'subnet-0' }))).toBe('InvalidSubnetID.NotFound')
    expect(await codeOf(run(ec2, { SecurityGroupIds: ['sg-0'] }))).toBe('InvalidGroup.NotFound')
    expect(await codeOf(run(ec2, { UserData: '!' }))).toBe('InvalidUserData.Malformed')
    expect(await codeOf(run(ec2, { UserData: 'A'.repeat(30_000) }))).toBe('InvalidParameterValue')
    expect(await codeOf(run(ec2, { KernelId: 'aki-1' }))).toBe('UnknownParameter')
    expect(await codeOf(run(ec2, { DryRun: true }))).toBe('DryRunOperation')
    expect(Object.values(simulator.control.resources()).flat()).toEqual([])
  })

  it('are found by filters with wildcards, page by page, while others come and go', async () => {
    await using cloud = await testCloud()
    const { ec2 } = cloud
    const tagged = (name: string) => [
      { ResourceType: 'instance' as const, Tags: [{ Key: 'Name', Value: name }] },
    ]
    for (let index = 0; index < 12; index += 1) await run(ec2, { TagSpecifications: tagged(`web-${index}`) })
    await run(ec2, { TagSpecifications: tagged('other') })
    const found: string[] = []
    const input = { Filters: [{ Name: 'tag:Name', Values: ['web-*'] }] }
    for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 5 }, input)) {
      const ids = (page.Reservations ?? []).flatMap(({ Instances = [] }) =>
        Instances.map((one) => one.InstanceId ?? ''),
      )
      found.push(...ids)
      if (found.length === 5)
        await ec2.send(new TerminateInstancesCommand({ InstanceIds: found.slice(0, 1) }))
    }
    expect(new Set(found).size).toBe(12)
    expect(found).toHaveLength(12)
    const wrong = (change: object) => codeOf(ec2.send(new DescribeInstancesCommand(change)))
    expect(await wrong({ MaxResults: 4 })).toBe('InvalidParameterValue')
    expect(await wrong({ MaxResults: 5, NextToken: 'made-up' })).toBe('InvalidNextToken')
    expect(await wrong({ MaxResults: 5, InstanceIds: found })).toBe('InvalidParameterCombination')
    expect(await wrong({ Filters: [{ Name: 'colour', Values: ['red'] }] })).toBe('InvalidParameterValue')
    expect(await wrong({ InstanceIds: ['i-0', found[1]] })).toBe('InvalidInstanceID.NotFound')
    expect(await wrong({ InstanceIds: ['vol-1'] })).toBe('InvalidInstanceID.Malformed')
  })

  it('give no more than a thousand at once, however many there are', async () => {
    await using cloud = await testCloud()
    const { ec2 } = cloud
    await ec2.send(new RunInstancesCommand(oneInstance({ MaxCount: 1000 })))
    await ec2.send(new RunInstancesCommand(oneInstance({ MaxCount: 10 })))
    const first = await ec2.send(new DescribeInstancesCommand({}))
    expect(first.NextToken).toEqual(expect.any(String))
    const rest = await ec2.send(new DescribeInstancesCommand({ NextToken: first.NextToken }))
    expect(rest.Reservations?.flatMap(({ Instances }) => Instances)).toHaveLength(10)
    expect(rest.NextToken).toBeUndefined()
  })

  it('and all else can be tagged', async () => {
    await using cloud = await testCloud()
    const { ec2 } = cloud
    const id = await run(ec2)
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({}))
    const Resources = [id, Volumes?.[0]?.VolumeId ?? '']
    await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'k', Value: '<&>"' }] }))
    const { Tags } = await ec2.send(new DescribeTagsCommand({ Filters: [{ Name: 'key', Values: ['k'] }] }))
    expect(Tags?.map(({ ResourceType, Value }) => [ResourceType, Value])).toEqual([
      ['instance', '<&>"'],
      ['volume', '<&>"'],
    ])
    await ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'k', Value: 'other' }] }))
    expect((await look(ec2, id))?.Tags).toEqual([{ Key: 'k', Value: '<&>"' }])
    await ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'k' }] }))
    expect((await look(ec2, id))?.Tags ?? []).toEqual([])
    const own = new CreateTagsCommand({ Resources, Tags: [{ Key: 'aws:x', Value: '' }] })
    expect(await codeOf(ec2.send(own))).toBe('InvalidParameterValue')
  })

  it('come of images, which a parameter of Systems Manager may name', async () => {
    await using cloud = await testCloud()
    const { ec2 } = cloud
    const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['amazon'] }))
    expect(Images?.map(({ Architecture }) => Architecture)).toEqual(['x86_64', 'arm64'])
    const path = 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64'
    const id = await run(ec2, { ImageId: path, InstanceType: 't4g.small' })
    expect((await look(ec2, id))?.Architecture).toBe('arm64')
  })
})
