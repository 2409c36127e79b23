import { Ec2Error } from '../protocol/ec2-error.ts'
import { addressText } from './cidr.ts'
import type { Cloud } from './cloud.ts'
import type { Instance, NetworkInterface, Subnet } from './model.ts'

/** The first four addresses of a subnet and the last are AWS's own. */
const RESERVED_FIRST = 4
const RESERVED = 5

export interface InterfaceWish {
  subnet: Subnet
  groupIds: string[]
  description: string
  publicAddress: boolean
  privateIp: string | undefined
  deleteOnTermination: boolean
  tags: Map<string, string>
}

export function addInterface(cloud: Cloud, wish: InterfaceWish): NetworkInterface {
  const { subnet, groupIds, description } = wish
  const privateIp = takeAddress(subnet, wish.privateIp)
  return cloud.add(cloud.interfaces, {
    ...cloud.born('networkInterface', wish.tags),
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    zone: subnet.zone,
    privateIp,
    publicIp: wish.publicAddress ? publicFor(privateIp) : undefined,
    mac: macFor(privateIp),
    description,
    groupIds,
    attachment: null,
  })
}

export function attachInterface(
  cloud: Cloud,
  one: NetworkInterface,
  instance: Instance,
  deleteOnTermination: boolean,
): void {
  const id = `eni-attach-${cloud.newId()}`
  one.attachment = { id, instanceId: instance.id, deleteOnTermination, atMs: cloud.nowMs() }
}

/** Gives its address back. */
export function dropInterface(cloud: Cloud, one: NetworkInterface): void {
  cloud.subnets.own(one.subnetId)?.taken.delete(one.privateIp)
  cloud.interfaces.drop(one.id)
}

export const freeCount = (subnet: Subnet): number => subnet.size - RESERVED - subnet.taken.size

function takeAddress(subnet: Subnet, asked: string | undefined): string {
  const address = asked ?? freeAddress(subnet)
  if (subnet.taken.has(address)) {
    throw new Ec2Error('InvalidIPAddress.InUse', `Address ${address} is in use.`)
  }
  subnet.taken.add(address)
  return address
}

/** The next one after the last that was given, so that an address is not soon used again. */
function freeAddress(subnet: Subnet): string {
  const count = subnet.size - RESERVED
  for (let tried = 0; tried < count; tried += 1) {
    const address = addressText(subnet.first + RESERVED_FIRST + (subnet.given % count))
    subnet.given += 1
    if (!subnet.taken.has(address)) return address
  }
  const why = `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`
  throw new Ec2Error('InsufficientFreeAddressesInSubnet', why)
}

/** Of the block that is for documentation (RFC 2544's benchmark range is nobody's either): it must never be dialled. */
const publicFor = (privateIp: string): string => `198.18.${privateIp.split('.').slice(2).join('.')}`

const macFor = (privateIp: string): string =>
  `02:00:${privateIp
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`
