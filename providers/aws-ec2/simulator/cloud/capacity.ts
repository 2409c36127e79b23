import { Ec2Error } from '../protocol/ec2-error.ts'
import type { Cloud } from './cloud.ts'

export type Market = 'spot' | 'on-demand'

/** Refuses when there is no room for such an instance: a fault says so, or its zone is dark. */
export function checkCapacity(cloud: Cloud, instanceType: string, zone: string, market: Market): void {
  const dark = cloud.outages.has(zone)
  if (!dark && !cloud.faults.strike('no-capacity', { instanceType, zone, market })) return
  if (market === 'spot') {
    const why = 'There is no Spot capacity available that matches your request.'
    throw new Ec2Error('InsufficientInstanceCapacity', why)
  }
  const others = cloud.zoneNames.filter((name) => name !== zone).join(', ')
  const why = `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. You can currently get ${instanceType} capacity by not specifying an Availability Zone in your request or choosing ${others}.`
  throw new Ec2Error('InsufficientInstanceCapacity', why)
}
