import {
  CancelSpotInstanceRequestsCommand,
  CreateFleetCommand,
  type CreateFleetCommandInput,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteFleetsCommand,
  DeleteLaunchTemplateCommand,
  DescribeFleetsCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSpotInstanceRequestsCommand,
  type EC2Client,
  RunInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, it } from '@jest/globals'
import { codeOf, IMAGE, oneInstance, testCloud } from '../testing/test-cloud.ts'

const LaunchTemplateName = 'machines'
const Tags = [{ Key: 'owner', Value: 'me' }]

async function makeTemplate(ec2: EC2Client) {
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName,
      ClientToken: 'template',
      LaunchTemplateData: {
        ImageId: IMAGE,
        InstanceType: 't3.micro',
        MetadataOptions: { HttpTokens: 'required' },
        NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: false }],
        TagSpecifications: [{ ResourceType: 'instance', Tags }],
      },
      TagSpecifications: [{ ResourceType: 'launch-template', Tags }],
    }),
  )
  return LaunchTemplate?.LaunchTemplateId ?? ''
}

const fleet = (change: Partial<CreateFleetCommandInput> = {}): CreateFleetCommandInput => ({
  Type: 'instant',
  LaunchTemplateConfigs: [
    {
      LaunchTemplateSpecification: { LaunchTemplateName, Version: '$Latest' },
      Overrides: [
        { InstanceType: 'm7i.large', AvailabilityZone: 'us-east-1a', Priority: 1 },
        { InstanceType: 'm6i.large', AvailabilityZone: 'us-east-1b', Priority: 2 },
      ],
    },
  ],
  TargetCapacitySpecification: { TotalTargetCapacity: 2, DefaultTargetCapacityType: 'spot' },
  SpotOptions: { AllocationStrategy: 'capacity-optimized-prioritized' },
  ...change,
})

describe('launch templates', () => {
  it('have versions, names of their own, and come back as they were given', async () => {
    await using cloud = await testCloud()
    const { ec2 } = cloud
    const id = await makeTemplate(ec2)
    expect(await makeTemplate(ec2)).toBe(id)
    const again = new CreateLaunchTemplateCommand({
      LaunchTemplateName,
      LaunchTemplateData: { ImageId: IMAGE },
    })
    expect(await codeOf(ec2.send(again))).toBe('InvalidLaunchTemplateName.AlreadyExistsException')
    const LaunchTemplateData = { InstanceType: 't3.small' as const }
    await ec2.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: id,
        LaunchTemplateData,
        SourceVersion: '1',
      }),
    )
    const { LaunchTemplates } = await ec2.send(
      new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [LaunchTemplateName] }),
    )
    expect(LaunchTemplates).toMatchObject([{ LatestVersionNumber: 2, DefaultVersionNumber: 1, Tags }])
    const { LaunchTemplateVersions } = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: ['$Latest'] }),
    )
    expect(LaunchTemplateVersions?.[0]?.LaunchTemplateData).toMatchObject({
      ImageId: IMAGE,
      InstanceType: 't3.small',
      MetadataOptions: { HttpTokens: 'required' },
      NetworkInterfaces: [{ AssociatePublicIpAddress: false }],
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    })
    const named = { LaunchTemplate: { LaunchTemplateName, Version: '2' }, MinCount: 1, MaxCount: 1 }
    const { Instances } = await ec2.send(new RunInstancesCommand(named))
    expect(Instances).toMatchObject([{ InstanceType: 't3.small', Tags }])
    const third = { ...named, LaunchTemplate: { LaunchTemplateName, Version: '3' } }
    expect(await codeOf(ec2.send(new RunInstancesCommand(third)))).toBe(
      'InvalidLaunchTemplateId.VersionNotFound',
    )
    await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }))
    const gone = codeOf(ec2.send(new RunInstancesCommand(named)))
    expect(await gone).toBe('InvalidLaunchTemplateName.NotFoundException')
    expect(await codeOf(ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id })))).toBe(
      'InvalidLaunchTemplateId.NotFound',
    )
  })
})

describe('instant fleets', () => {
  it('launch spot instances from the best pool, once for one token, and say so again', async () => {
    await using cloud = await testCloud()
    const { ec2, simulator } = cloud
    await makeTemplate(ec2)
    const request = fleet({ ClientToken: 'fleet', TagSpecifications: [{ ResourceType: 'volume', Tags }] })
    const made = await ec2.send(new CreateFleetCommand(request))
    expect(made.Errors ?? []).toEqual([])
    expect(made.Instances).toMatchObject([
      { Lifecycle: 'spot', InstanceType: 'm7i.large', InstanceIds: [expect.any(String), expect.any(String)] },
    ])
    const again = await ec2.send(new CreateFleetCommand(request))
    expect(again.Instances).toEqual(made.Instances)
    expect(
      await codeOf(
        ec2.send(
          new CreateFleetCommand({
            ...request,
            Type: 'instant',
            TargetCapacitySpecification: { TotalTargetCapacity: 3 },
          }),
        ),
      ),
    ).toBe('IdempotentParameterMismatch')
    expect(simulator.control.resources()).toMatchObject({
      instances: [expect.any(String), expect.any(String)],
      spotRequests: [expect.any(String), expect.any(String)],
    })
    const { Fleets } = await ec2.send(new DescribeFleetsCommand({ FleetIds: [made.FleetId ?? ''] }))
    expect(Fleets).toMatchObject([{ Type: 'instant', FulfilledCapacity: 2 }])
  })

  it('go on with the next pool where there is no capacity, and tell of it', async () => {
    await using cloud = await testCloud()
    const { ec2, simulator } = cloud
    await makeTemplate(ec2)
    simulator.control.addFault({ kind: 'no-capacity', instanceType: 'm7i.*', market: 'spot' })
    const made = await ec2.send(new CreateFleetCommand(fleet()))
    expect(made.Errors).toMatchObject([{ ErrorCode: 'UnfulfillableCapacity', Lifecycle: 'spot' }])
    expect(made.Instances).toMatchObject([{ InstanceType: 'm6i.large' }])
  })

  it('leave nothing when they cannot have the least they want', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    await makeTemplate(ec2)
    simulator.control.addFault({ kind: 'no-capacity', zone: 'us-east-1b' })
    simulator.control.addFault({ kind: 'no-capacity', zone: 'us-east-1a', share: 0.5 })
    const most = { AllocationStrategy: 'lowest-price', MinTargetCapacity: 50 } as const
    const target = { TotalTargetCapacity: 50, DefaultTargetCapacityType: 'spot' } as const
    const made = await ec2.send(
      new CreateFleetCommand(fleet({ SpotOptions: most, TargetCapacitySpecification: target })),
    )
    expect(made.Instances ?? []).toEqual([])
    expect(made.Errors?.length).toBeGreaterThan(0)
    pass(1000)
    expect(simulator.control.resources()).toMatchObject({ instances: [], volumes: [], spotRequests: [] })
  })

  it('end with their instances', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    await makeTemplate(ec2)
    const onDemand = { TotalTargetCapacity: 2, DefaultTargetCapacityType: 'on-demand' } as const
    const { FleetId = '' } = await ec2.send(
      new CreateFleetCommand(fleet({ TargetCapacitySpecification: onDemand })),
    )
    const answer = await ec2.send(
      new DeleteFleetsCommand({ FleetIds: [FleetId, 'fleet-x'], TerminateInstances: true }),
    )
    expect(answer.SuccessfulFleetDeletions).toMatchObject([{ CurrentFleetState: 'deleted_terminating' }])
    expect(answer.UnsuccessfulFleetDeletions).toMatchObject([{ Error: { Code: 'fleetIdDoesNotExist' } }])
    pass(1000)
    expect(simulator.control.resources().instances).toEqual([])
  })
})

describe('spot instances', () => {
  const spot = oneInstance({ InstanceMarketOptions: { MarketType: 'spot' } })

  it('are taken back with two minutes of notice, and their request is closed', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    const { Instances } = await ec2.send(new RunInstancesCommand(spot))
    const id = Instances?.[0]?.InstanceId ?? ''
    expect(Instances).toMatchObject([{ InstanceLifecycle: 'spot' }])
    pass(1000)
    const request = async () =>
      (await ec2.send(new DescribeSpotInstanceRequestsCommand({}))).SpotInstanceRequests?.[0]
    expect(await request()).toMatchObject({ State: 'active', Status: { Code: 'fulfilled' }, InstanceId: id })
    expect(await codeOf(ec2.send(new StopInstancesCommand({ InstanceIds: [id] })))).toBe(
      'UnsupportedOperation',
    )
    simulator.control.interrupt(id)
    expect(await request()).toMatchObject({ State: 'active', Status: { Code: 'marked-for-termination' } })
    pass(119_000)
    expect(await request()).toMatchObject({ State: 'active' })
    pass(1000)
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({
      State: { Name: 'shutting-down' },
      StateReason: { Code: 'Server.SpotInstanceTermination' },
    })
    pass(1000)
    expect(await request()).toMatchObject({
      State: 'closed',
      Status: { Code: 'instance-terminated-no-capacity' },
    })
  })

  it('go on when their request is cancelled', async () => {
    await using cloud = await testCloud()
    const { ec2, pass, simulator } = cloud
    const { Instances } = await ec2.send(new RunInstancesCommand(spot))
    pass(1000)
    const SpotInstanceRequestIds = [Instances?.[0]?.SpotInstanceRequestId ?? '']
    const answer = await ec2.send(new CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds }))
    expect(answer.CancelledSpotInstanceRequests).toMatchObject([{ State: 'cancelled' }])
    expect(simulator.control.resources()).toMatchObject({ spotRequests: [], instances: [expect.any(String)] })
  })
})
