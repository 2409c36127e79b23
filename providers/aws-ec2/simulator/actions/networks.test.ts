import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSpotPriceHistoryCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  RevokeSecurityGroupEgressCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, it } from '@jest/globals'
import { codeOf, oneInstance, testCloud } from '../testing/test-cloud.ts'

const HTTPS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }
const ALL_OUT = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }

describe('security groups', () => {
  it('have rules, and cannot be deleted while something wears them', async () => {
    await using cloud = await testCloud()
    const { ec2, pass } = cloud
    const create = new CreateSecurityGroupCommand({ GroupName: 'machines', Description: 'of us' })
    const { GroupId = '' } = await ec2.send(create)
    expect(await codeOf(ec2.send(create))).toBe('InvalidGroup.Duplicate')
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [HTTPS] }))
    const twice = new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [HTTPS] })
    expect(await codeOf(ec2.send(twice))).toBe('InvalidPermission.Duplicate')
    await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [HTTPS] }))
    const revoke = new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [ALL_OUT] })
    await ec2.send(revoke)
    expect(await codeOf(ec2.send(revoke))).toBe('InvalidPermission.NotFound')
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }))
    expect(SecurityGroups).toMatchObject([
      { GroupName: 'machines', IpPermissions: [HTTPS], IpPermissionsEgress: [HTTPS] },
    ])
    const { Instances } = await ec2.send(
      new RunInstancesCommand(oneInstance({ SecurityGroupIds: [GroupId] })),
    )
    const drop = () => ec2.send(new DeleteSecurityGroupCommand({ GroupId }))
    expect(await codeOf(drop())).toBe('DependencyViolation')
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [Instances?.[0]?.InstanceId ?? ''] }))
    expect(await codeOf(drop())).toBe('DependencyViolation')
    pass(1000)
    await drop()
    expect(await codeOf(drop())).toBe('InvalidGroup.NotFound')
  })
})

describe('a network', () => {
  it('is there by default, with a subnet in each zone', async () => {
    await using cloud = await testCloud()
    const { ec2 } = cloud
    const { Vpcs } = await ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    )
    expect(Vpcs).toMatchObject([{ IsDefault: true, State: 'available' }])
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}))
    expect(Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([
      'us-east-1a',
      'us-east-1b',
      'us-east-1c',
    ])
    expect(Subnets?.[0]).toMatchObject({ DefaultForAz: true, AvailableIpAddressCount: 4091 })
  })

  it('can be made, and unmade in the right order only', async () => {
    await using cloud = await testCloud()
    const { ec2, simulator } = cloud
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
    const VpcId = Vpc?.VpcId ?? ''
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24', AvailabilityZone: 'us-east-1b' }),
    )
    const SubnetId = Subnet?.SubnetId ?? ''
    const overlap = new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.128/25' })
    expect(await codeOf(ec2.send(overlap))).toBe('InvalidSubnet.Conflict')
    const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}))
    const InternetGatewayId = InternetGateway?.InternetGatewayId ?? ''
    await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }))
    const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }))
    const RouteTableId = RouteTable?.RouteTableId ?? ''
    await ec2.send(
      new CreateRouteCommand({
        RouteTableId,
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId: InternetGatewayId,
      }),
    )
    const { AssociationId } = await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }))
    const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }))
    expect(RouteTables?.[0]?.Routes).toHaveLength(2)

    expect(await codeOf(ec2.send(new DeleteVpcCommand({ VpcId })))).toBe('DependencyViolation')
    expect(await codeOf(ec2.send(new DeleteRouteTableCommand({ RouteTableId })))).toBe('DependencyViolation')
    expect(await codeOf(ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId })))).toBe(
      'DependencyViolation',
    )
    await ec2.send(new DisassociateRouteTableCommand({ AssociationId }))
    await ec2.send(new DeleteRouteTableCommand({ RouteTableId }))
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }))
    await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }))
    await ec2.send(new DeleteSubnetCommand({ SubnetId }))
    await ec2.send(new DeleteVpcCommand({ VpcId }))
    expect(Object.values(simulator.control.resources()).flat()).toEqual([])
  })
})

describe('offerings', () => {
  it('say what there is, where, and for how much', async () => {
    await using cloud = await testCloud()
    const { ec2 } = cloud
    const { InstanceTypes } = await ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ['m7i.large'] }),
    )
    expect(InstanceTypes).toMatchObject([{ VCpuInfo: { DefaultVCpus: 2 }, MemoryInfo: { SizeInMiB: 8192 } }])
    const unknown = new DescribeInstanceTypesCommand({ InstanceTypes: ['x9.huge' as 't3.micro'] })
    expect(await codeOf(ec2.send(unknown))).toBe('InvalidInstanceType')
    const offered = await ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: ['m7i.large'] }],
      }),
    )
    expect(offered.InstanceTypeOfferings).toHaveLength(3)
    const { SpotPriceHistory } = await ec2.send(
      new DescribeSpotPriceHistoryCommand({
        InstanceTypes: ['m7i.large'],
        ProductDescriptions: ['Linux/UNIX'],
        StartTime: new Date(),
      }),
    )
    const prices = (SpotPriceHistory ?? []).map(({ SpotPrice }) => Number(SpotPrice))
    expect(new Set((SpotPriceHistory ?? []).map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(3)
    expect(prices.every((price) => price > 0.01 && price < 0.1008)).toBe(true)
    const { AvailabilityZones } = await ec2.send(new DescribeAvailabilityZonesCommand({}))
    expect(AvailabilityZones?.map(({ ZoneId }) => ZoneId)).toEqual(['use1-az1', 'use1-az2', 'use1-az3'])
    const { Regions } = await ec2.send(new DescribeRegionsCommand({}))
    expect(Regions?.map(({ RegionName }) => RegionName)).toEqual(['us-east-1'])
  })
})
