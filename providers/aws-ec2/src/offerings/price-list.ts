import { readFile } from 'node:fs/promises'
import { PlatformError } from '@openzimki/core'
import { z } from 'zod'

/** On-demand price of an hour of Linux in one region, in USD, by type. */
export type PriceList = ReadonlyMap<string, number>

/** What is left out is said to be in the provider's price list. */
const perUseSchema = z.object({
  publicAddressHour: z.number().positive().optional(),
  gp3GibMonth: z.number().positive().optional(),
  s3GibMonth: z.number().positive().optional(),
  s3Put1000: z.number().positive().optional(),
  s3Get1000: z.number().positive().optional(),
  /** To the internet, beyond what is free. */
  outGib: z.number().positive().optional(),
})

const priceFileSchema = z.object({
  currency: z.literal('USD'),
  /** When and where the figures were read, for people. */
  source: z.string().min(1),
  date: z.iso.date(),
  /** Region to type to the price of an hour. */
  onDemand: z.record(z.string(), z.record(z.string(), z.number().positive())),
  /** Region to what is not machines, for what `init` says of the costs. */
  perUse: z.record(z.string(), perUseSchema).optional(),
})

export type PriceFile = z.output<typeof priceFileSchema>

const OWN_FILE = new URL('../../prices/on-demand.json', import.meta.url)

/** INVALID_ARGUMENT: the file cannot be read, or is none. A region that it does not have has no prices. */
export async function readPrices(path: string | undefined, region: string): Promise<PriceList> {
  const { onDemand } = await readPriceFile(path)
  return new Map(Object.entries(onDemand[region] ?? {}))
}

export async function readPriceFile(path?: string): Promise<PriceFile> {
  const name = path ?? 'prices/on-demand.json'
  let content: unknown
  try {
    content = JSON.parse(await readFile(path ?? OWN_FILE, 'utf8'))
  } catch (cause) {
    throw invalid(`${name} cannot be read as JSON: ${(cause as Error).message}`, cause)
  }
  const parsed = priceFileSchema.safeParse(content)
  if (parsed.success) return parsed.data
  throw invalid(`${name}: ${z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' ')}`, parsed.error)
}

const invalid = (what: string, cause: unknown) =>
  new PlatformError('INVALID_ARGUMENT', `aws-ec2 provider: priceFile: ${what}`, { cause })
