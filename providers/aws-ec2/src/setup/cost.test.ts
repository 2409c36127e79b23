import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { costLines } from './cost.ts'
import { checkSetup } from './setup-config.ts'

const sizes = { small: { types: ['t3.small'] } }
const UNKNOWN = /by use; see the provider's price list$/

it("names no price that the file lacks, but the provider's list", async () => {
  const all = await costLines(checkSetup({ sizes }, 'prod', 'eu-central-1'))
  // The first says where the figures are from.
  const [, ...lines] = all
  expect(lines.filter((line) => UNKNOWN.test(line))).toHaveLength(5)
  expect(lines.join('\n')).not.toMatch(/: \d+\.\d\d$/m)
})

it('reckons a month with what the file has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aws-cost-'))
  try {
    const priceFile = join(folder, 'prices.json')
    const perUse = { publicAddressHour: 0.01, gp3GibMonth: 0.5, s3GibMonth: 1, s3Put1000: 0.02 }
    const made = { currency: 'USD', source: 'made up', date: '2026-01-01' }
    const onDemand = { 'eu-central-1': { 't3.small': 0.1 } }
    await writeFile(priceFile, JSON.stringify({ ...made, onDemand, perUse: { 'eu-central-1': perUse } }))
    const text = (await costLines(checkSetup({ sizes, priceFile }, 'prod', 'eu-central-1'))).join('\n')
    for (const line of [
      't3.small on demand all month: 73.00',
      'its volume of 16 GiB: 8.00',
      'its public address: 7.30',
      'at most 0.1 GiB: 0.10',
      '10 GiB of blobs: 10.00',
      '100,000 writes of blobs: 2.00',
      "1,000,000 reads of blobs: by use; see the provider's price list",
    ])
      expect(text).toContain(line)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
