import type { EC2Client } from '@aws-sdk/client-ec2'
import type { CheckResult } from '@openzimki/provider'
import type { CheckedEc2Config } from '../config.ts'
import type { MarketReader } from '../offerings/market-reader.ts'
import { offeringsOf } from '../offerings/offerings.ts'
import { readPriceFile } from '../offerings/price-list.ts'

export interface QuickCheckParts {
  ec2: EC2Client
  config: CheckedEc2Config
  market: MarketReader
  signal: AbortSignal
}

/** Whether machines can be had at all. Which rights there are is told by the command `check`, which asks for each. */
export async function quickCheck({ config, market }: QuickCheckParts): Promise<CheckResult> {
  const now = await market.read()
  const { date } = await readPriceFile(config.priceFile)
  const offered = offeringsOf(config.sizes, now, config.maxMachines)
  const zones = now.zones.join(', ')
  const findings: CheckResult['findings'] = [
    {
      level: 'info',
      text: `EC2 in ${config.region} answers; machines go into ${zones}, prices are of ${date}`,
    },
  ]
  for (const [name, { types }] of Object.entries(config.sizes)) {
    const missing = types.filter((type) => !now.types.has(type))
    const mine = offered.filter(({ size }) => size === name)
    if (missing.length > 0) {
      const text = `size ${name}: ${config.region} has no ${missing.join(', ')} in these zones, so it is never tried`
      findings.push({ level: mine.length > 0 ? 'warn' : 'error', text })
    }
    if (mine.some(({ price }) => price === null)) {
      const text = `size ${name}: its price is not known in every zone, so no ceiling of a pool holds: add it to \`priceFile\``
      findings.push({ level: 'warn', text })
    }
  }
  return { ok: findings.every(({ level }) => level !== 'error'), findings }
}
