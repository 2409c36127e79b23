import { type _InstanceType, type EC2Client, paginateDescribeSpotPriceHistory } from '@aws-sdk/client-ec2'

/** Price of an hour now, in USD, by `type zone`. */
export type SpotPrices = ReadonlyMap<string, number>

export const spotKey = (type: string, zone: string): string => `${type} ${zone}`

/** With a history that begins now, EC2 gives the price that holds for each type and zone. */
export async function readSpotPrices(
  ec2: EC2Client,
  types: readonly string[],
  nowMs: number,
): Promise<SpotPrices> {
  const newest = new Map<string, { price: number; atMs: number }>()
  if (types.length === 0) return new Map()
  const asked = {
    InstanceTypes: [...types] as _InstanceType[],
    ProductDescriptions: ['Linux/UNIX'],
    StartTime: new Date(nowMs),
  }
  for await (const { SpotPriceHistory = [] } of paginateDescribeSpotPriceHistory({ client: ec2 }, asked)) {
    for (const { InstanceType, AvailabilityZone, SpotPrice, Timestamp } of SpotPriceHistory) {
      const key = spotKey(InstanceType ?? '', AvailabilityZone ?? '')
      const [price, atMs] = [Number(SpotPrice), Timestamp?.getTime() ?? 0]
      if (price > 0 && atMs >= (newest.get(key)?.atMs ?? 0)) newest.set(key, { price, atMs })
    }
  }
  return new Map([...newest].map(([key, { price }]) => [key, price]))
}
