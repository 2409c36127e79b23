import { type PriceFile, readPriceFile } from '../offerings/price-list.ts'
import type { SetupConfig } from './setup-config.ts'

const HOURS_OF_MONTH = 730
/** What the example below is reckoned with. */
const EXAMPLE = { blobsGib: 10, puts: 100_000, gets: 1_000_000, outGib: 10 }
const AGENT_GIB = 0.1
const UNKNOWN = "by use; see the provider's price list"

type PerUse = NonNullable<PriceFile['perUse']>[string]

/** What a set-up costs a month, in lines for a person; for a price that the file lacks they name the provider's list. */
export async function costLines({ region, sizes, volume, priceFile }: SetupConfig): Promise<string[]> {
  const { onDemand, perUse, date, source } = await readPriceFile(priceFile)
  const uses = perUse?.[region] ?? {}
  const [size = '', chosen] = Object.entries(sizes)[0] ?? []
  const type = chosen?.types[0] ?? ''
  return [
    `What it costs, in USD a month of ${HOURS_OF_MONTH} hours, without tax (prices of ${date}: ${source})`,
    '  free: VPC, subnets, internet gateway, routes, security group, role, instance profile',
    `  the set-up alone: the agent in the bucket, at most ${AGENT_GIB} GiB: ${times(uses.s3GibMonth, AGENT_GIB)}`,
    `  per machine that runs, size ${size}:`,
    `    ${type} on demand all month: ${times(onDemand[region]?.[type], HOURS_OF_MONTH)}`,
    `    its volume of ${volume.gib} GiB: ${times(uses.gp3GibMonth, volume.gib)}`,
    `    its public address: ${times(uses.publicAddressHour, HOURS_OF_MONTH)}`,
    '  none runs until `zimki up` launches it',
    ...useLines(uses),
  ]
}

function useLines({ s3GibMonth, s3Put1000, s3Get1000, outGib }: PerUse): string[] {
  const { blobsGib, puts, gets, outGib: out } = EXAMPLE
  const parts: [string, number | undefined, number][] = [
    [`${blobsGib} GiB of blobs`, s3GibMonth, blobsGib],
    [`${count(puts)} writes of blobs`, s3Put1000, puts / 1_000],
    [`${count(gets)} reads of blobs`, s3Get1000, gets / 1_000],
    [`${out} GiB to the internet`, outGib, out],
  ]
  const known = parts.filter(([, usd]) => usd !== undefined)
  if (known.length === 0) return [`  blobs, their reads and writes, traffic to the internet: ${UNKNOWN}`]
  return ['  for example', ...parts.map(([what, usd, number]) => `    ${what}: ${times(usd, number)}`)]
}

const times = (usd: number | undefined, number: number) =>
  usd === undefined ? UNKNOWN : (usd * number).toFixed(2)
const count = (number: number) => number.toLocaleString('en-US')
