import type { Cloud } from './cloud.ts'

export const hostNameOf = ({ privateIp }: { privateIp: string }): string =>
  `ip-${privateIp.replaceAll('.', '-')}`

export const privateName = (cloud: Cloud, one: { privateIp: string }): string =>
  `${hostNameOf(one)}.${cloud.options.region === 'us-east-1' ? 'ec2' : `${cloud.options.region}.compute`}.internal`

export const publicName = (ip: string): string => `ec2-${ip.replaceAll('.', '-')}.compute-1.amazonaws.com`

/** `us-east-1a` -> `use1-az1`. */
export const zoneId = (cloud: Cloud, zone: string): string => {
  const [where = '', direction = '', number = ''] = cloud.options.region.split('-')
  return `${where}${direction[0]}${number}-az${cloud.zoneNames.indexOf(zone) + 1}`
}
