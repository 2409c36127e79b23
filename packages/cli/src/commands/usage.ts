import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client, UsageRow } from '@openzimki/api'
import { type Command, Option } from 'commander'
import { allPages } from '../all-pages.ts'
import { print, withPlainClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { withProgress } from '../progress.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { table } from '../table.ts'
import { parseTime, timeText } from '../time-text.ts'

const GROUPS = ['function', 'key', 'hour'] as const

interface Options extends RealmOptions {
  by: (typeof GROUPS)[number]
  from?: number
  to?: number
  readings?: string
}

export function usageCommand(io: CliIo): Command {
  return realmCommand('usage', 'show what a realm used: requests, CPU, bytes, store calls')
    .addOption(new Option('--by <what>', 'add up by').choices(GROUPS).default('function'))
    .option('--from <time>', 'start, such as 2026-11-01 (default: 30 days ago)', (text) =>
      parseTime(text, '--from'),
    )
    .option('--to <time>', 'end, not included (default: now)', (text) => parseTime(text, '--to'))
    .option('--readings <file>', 'write the signed readings to a file, for "zimki verify"')
    .action(
      withPlainClient<Options, []>(io, async (client, options) => {
        const realm = await realmFor(io, options)
        if (options.readings !== undefined) return saveReadings(io, client, realm, options, options.readings)
        const usage = await withProgress(io, `Adding up ${realm}`, () => readUsage(client, realm, options))
        print(io, options, usage, () => usageText(usage))
      }),
    )
}

async function readUsage(client: Client, realm: string, { by, from, to }: Options) {
  let head: Omit<Awaited<ReturnType<Client['usage']['get']>>, 'items' | 'next'> | undefined
  const items = await allPages(async (query) => {
    const { items, next, ...rest } = await client.usage.get({
      params: { realm },
      query: { ...query, by, from, to },
    })
    head = rest
    return { items, next }
  })
  return { ...head!, items }
}

async function saveReadings(
  io: CliIo,
  client: Client,
  realm: string,
  options: Options,
  file: string,
): Promise<void> {
  const { from, to } = options
  const path = resolve(io.cwd, file)
  let count = 0
  await withProgress(io, `Writing ${file}`, async () => {
    const lines = await client.usage.readings({ params: { realm }, query: { from, to }, signal: io.signal })
    const counted = async function* () {
      for await (const line of lines) {
        count += 1
        yield `${line}\n`
      }
    }
    await pipeline(Readable.from(counted()), createWriteStream(path))
  })
  print(io, options, { file: path, count }, () =>
    count === 0
      ? 'No reading yet: each is written when its hour has ended.'
      : `${count} readings are in ${file}`,
  )
}

function usageText(usage: Awaited<ReturnType<typeof readUsage>>): string {
  const rows = [...usage.items, { ...usage.totals, group: 'total', alias: null }]
  const period = `${timeText(usage.fromMs)} to ${timeText(usage.toMs)}`
  const headings = [
    usage.by.toUpperCase(),
    'REQUESTS',
    'ERRORS',
    'CPU MS',
    'JSOPS',
    'BYTES IN',
    'BYTES OUT',
    'EGRESS',
    'READS',
    'WRITES',
  ]
  return `${period}\n${table(headings, rows.map(usageCells))}`
}

function usageCells(row: UsageRow): (string | number)[] {
  const group = row.alias ? `${row.alias} (${row.group})` : row.group
  const cpuMs = Math.round(row.cpuNs / 1e4) / 100
  return [
    group,
    row.requests,
    row.errors,
    cpuMs,
    Math.round(row.jsops),
    row.bytesIn,
    row.bytesOut,
    row.egressBytes,
    row.storeReads,
    row.storeWrites,
  ]
}
