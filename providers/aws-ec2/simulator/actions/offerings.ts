import type { Cloud } from '../cloud/cloud.ts'
import { INSTANCE_TYPES, type InstanceType } from '../cloud/instance-types.ts'
import { zoneId } from '../cloud/names.ts'
import { spotPriceHistory } from '../cloud/spot-prices.ts'
import { action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOfList } from '../protocol/paging.ts'
import { filters, flag, many, paging, text, time } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'

// What can be had where, and at what price.

const NO_TAGS = { tags: new Map<string, string>() }

const DescribeInstanceTypes = action(
  { InstanceType: many(text), Filter: filters, ...paging },
  (_cloud, parameters) => {
    const { InstanceType: names } = parameters
    const unknown = names.filter((name) => !INSTANCE_TYPES.some((one) => one.name === name))
    if (unknown.length > 0) {
      const why = `The following supplied instance types do not exist: [${unknown.join(', ')}]`
      throw new Ec2Error('InvalidInstanceType', why)
    }
    const all = INSTANCE_TYPES.filter(({ name }) => names.length === 0 || names.includes(name))
    const found = filtered(
      all.map((one) => ({ ...one, ...NO_TAGS })),
      parameters.Filter,
      {
        'instance-type': ({ name }) => name,
        'processor-info.supported-architecture': ({ architecture }) => architecture,
        'vcpu-info.default-vcpus': ({ vcpus }) => vcpus,
        'memory-info.size-in-mib': ({ memoryMib }) => memoryMib,
        'current-generation': () => true,
        'bare-metal': () => false,
        'burstable-performance-supported': ({ burstable }) => burstable,
        'supported-usage-class': () => ['on-demand', 'spot'],
        'supported-virtualization-type': () => 'hvm',
        'hibernation-supported': () => true,
      },
    )
    const { page, nextToken } = pageOfList(found, parameters, 'DescribeInstanceTypes')
    return { instanceTypeSet: page.map(typeXml), nextToken }
  },
)

function typeXml(one: InstanceType): XmlTree {
  const cores = one.architecture === 'arm64' ? one.vcpus : one.vcpus / 2
  return {
    instanceType: one.name,
    currentGeneration: true,
    freeTierEligible: one.name === 't3.micro',
    supportedUsageClasses: ['on-demand', 'spot'],
    supportedRootDeviceTypes: ['ebs'],
    supportedVirtualizationTypes: ['hvm'],
    bareMetal: false,
    hypervisor: 'nitro',
    processorInfo: {
      supportedArchitectures: [one.architecture],
      sustainedClockSpeedInGhz: one.architecture === 'arm64' ? 2.6 : 3.2,
      manufacturer: one.architecture === 'arm64' ? 'AWS' : 'Intel',
    },
    vCpuInfo: {
      defaultVCpus: one.vcpus,
      defaultCores: cores,
      defaultThreadsPerCore: one.vcpus / cores,
    },
    memoryInfo: { sizeInMiB: one.memoryMib },
    instanceStorageSupported: false,
    ebsInfo: { ebsOptimizedSupport: 'default', encryptionSupport: 'supported', nvmeSupport: 'required' },
    networkInfo: {
      networkPerformance: 'Up to 12.5 Gigabit',
      maximumNetworkInterfaces: 3,
      ipv4AddressesPerInterface: 10,
      ipv6AddressesPerInterface: 10,
      ipv6Supported: true,
      enaSupport: 'required',
      efaSupported: false,
    },
    hibernationSupported: true,
    burstablePerformanceSupported: one.burstable,
    dedicatedHostsSupported: !one.burstable,
    autoRecoverySupported: true,
    supportedBootModes: ['uefi'],
  }
}

const DescribeInstanceTypeOfferings = action(
  { LocationType: text.optional(), Filter: filters, ...paging },
  (cloud, parameters) => {
    const { LocationType: kind = 'region' } = parameters
    const locations = {
      region: [cloud.options.region],
      'availability-zone': cloud.zoneNames,
      'availability-zone-id': cloud.zoneNames.map((zone) => zoneId(cloud, zone)),
    }[kind]
    if (!locations) {
      throw new Ec2Error('InvalidParameterValue', `Value (${kind}) for parameter locationType is invalid.`)
    }
    const all = locations.flatMap((location) =>
      INSTANCE_TYPES.map(({ name }) => ({ name, location, ...NO_TAGS })),
    )
    const found = filtered(all, parameters.Filter, {
      'instance-type': ({ name }) => name,
      location: ({ location }) => location,
    })
    const scope = `DescribeInstanceTypeOfferings${kind}${JSON.stringify(parameters.Filter)}`
    const { page, nextToken } = pageOfList(found, parameters, scope)
    const shown = page.map(({ name, location }) => ({ instanceType: name, locationType: kind, location }))
    return { instanceTypeOfferingSet: shown, nextToken }
  },
)

const DescribeSpotPriceHistory = action(
  {
    InstanceType: many(text),
    ProductDescription: many(text),
    AvailabilityZone: text.optional(),
    StartTime: time.optional(),
    EndTime: time.optional(),
    Filter: filters,
    ...paging,
  },
  (cloud, parameters) => {
    const toMs = Math.min(parameters.EndTime ?? cloud.nowMs(), cloud.nowMs())
    // AWS keeps ninety days.
    const fromMs = Math.max(parameters.StartTime ?? toMs - 90 * 86_400_000, toMs - 90 * 86_400_000)
    const zones = parameters.AvailabilityZone ? [parameters.AvailabilityZone] : cloud.zoneNames
    const all = spotPriceHistory(cloud, parameters.InstanceType, zones, { fromMs, toMs })
    const products = parameters.ProductDescription
    const linux = products.length === 0 || products.some((one) => one.startsWith('Linux/UNIX'))
    const found = filtered(linux ? all.map((one) => ({ ...one, ...NO_TAGS })) : [], parameters.Filter, {
      'instance-type': ({ instanceType }) => instanceType,
      'availability-zone': ({ zone }) => zone,
      'product-description': () => 'Linux/UNIX',
      'spot-price': ({ price }) => price.toFixed(6),
      timestamp: ({ atMs }) => new Date(atMs).toISOString(),
    })
    const { MaxResults: _count, NextToken: _token, ...asked } = parameters
    const { page, nextToken } = pageOfList(
      found,
      parameters,
      `DescribeSpotPriceHistory${JSON.stringify(asked)}`,
    )
    const shown = page.map(({ instanceType, zone, price, atMs }) => ({
      instanceType,
      productDescription: 'Linux/UNIX',
      spotPrice: price.toFixed(6),
      timestamp: new Date(atMs),
      availabilityZone: zone,
      availabilityZoneId: zoneId(cloud, zone),
    }))
    return { spotPriceHistorySet: shown, nextToken: nextToken ?? '' }
  },
)

const DescribeAvailabilityZones = action(
  { ZoneName: many(text), ZoneId: many(text), AllAvailabilityZones: flag.optional(), Filter: filters },
  (cloud, parameters) => {
    const asked = parameters.ZoneName
    const unknown = asked.find((name) => !cloud.zoneNames.includes(name))
    if (unknown) throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${unknown}]`)
    const all = cloud.zoneNames
      .map((name) => ({ name, id: zoneId(cloud, name), ...NO_TAGS }))
      .filter(({ name }) => asked.length === 0 || asked.includes(name))
      .filter(({ id }) => parameters.ZoneId.length === 0 || parameters.ZoneId.includes(id))
    const found = filtered(all, parameters.Filter, {
      'zone-name': ({ name }) => name,
      'zone-id': ({ id }) => id,
      'zone-type': () => 'availability-zone',
      'region-name': () => cloud.options.region,
      'opt-in-status': () => 'opt-in-not-required',
      state: ({ name }) => zoneState(cloud, name),
    })
    return { availabilityZoneInfo: found.map(({ name }) => zoneXml(cloud, name)) }
  },
)

const zoneState = (cloud: Cloud, zone: string): string => (cloud.outages.has(zone) ? 'impaired' : 'available')

function zoneXml(cloud: Cloud, zone: string): XmlTree {
  const { region } = cloud.options
  return {
    zoneName: zone,
    zoneState: zoneState(cloud, zone),
    regionName: region,
    zoneId: zoneId(cloud, zone),
    zoneType: 'availability-zone',
    groupName: `${region}-zg-1`,
    networkBorderGroup: region,
    optInStatus: 'opt-in-not-required',
    messageSet: [],
  }
}

const DescribeRegions = action(
  { RegionName: many(text), AllRegions: flag.optional(), Filter: filters },
  (cloud, parameters) => {
    const { region } = cloud.options
    const unknown = parameters.RegionName.find((name) => name !== region)
    if (unknown) throw new Ec2Error('InvalidParameterValue', `Invalid region(s): ${unknown}`)
    const found = filtered([{ name: region, ...NO_TAGS }], parameters.Filter, {
      'region-name': ({ name }) => name,
    })
    const optInStatus = 'opt-in-not-required'
    return {
      regionInfo: found.map(({ name }) => ({
        regionName: name,
        regionEndpoint: `ec2.${name}.amazonaws.com`,
        optInStatus,
      })),
    }
  },
)

export const offeringActions = {
  DescribeInstanceTypes,
  DescribeInstanceTypeOfferings,
  DescribeSpotPriceHistory,
  DescribeAvailabilityZones,
  DescribeRegions,
}
