import { setTimeout as pause } from 'node:timers/promises'
import type { AuditRecord, Client } from '@openzimki/api'
import { ERROR_CODES, PlatformError } from '@openzimki/core'
import { type Command, InvalidArgumentError } from 'commander'
import { apiCommand, type BaseOptions, print, withPlainClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { jsonLine, printable } from '../printable.ts'
import { withProgress } from '../progress.ts'
import { table } from '../table.ts'
import { parseTime, timeText } from '../time-text.ts'

interface Options extends BaseOptions {
  follow?: boolean
  lines: number
  action?: string
  target?: string
  from?: number
  to?: number
}

/** Most that the API gives at once. */
const PAGE = 1000

export function auditCommand(io: CliIo): Command {
  return apiCommand('audit', 'show what was changed, by whom, and who was turned away (operators)')
    .option('-f, --follow', 'go on as things happen; with --json one document a line')
    .option('-n, --lines <count>', 'how many of the newest', count, 100)
    .option('--action <action>', 'only this action, such as realm.create or machine.refuse')
    .option('--target <id>', 'only what was done to this')
    .option('--from <time>', 'start, such as 2026-11-01', (text) => parseTime(text, '--from'))
    .option('--to <time>', 'end, not included', (text) => parseTime(text, '--to'))
    .action(
      withPlainClient<Options, []>(io, async (client, options) => {
        const items = await withProgress(io, 'Reading the audit', () =>
          newest(client, options, (found) => found.length < options.lines),
        )
        const shown = items.slice(0, options.lines).reverse()
        if (options.follow) return follow(io, client, options, shown)
        print(io, options, { items: shown }, () =>
          shown.length === 0 ? 'Nothing of that kind is in the audit.' : auditTable(shown),
        )
      }),
    )
}

/** Newest first, page by page, as long as `isWanted` says so of what there is. */
async function newest(
  client: Client,
  { action, target, from, to, lines }: Options,
  isWanted: (found: AuditRecord[]) => boolean,
): Promise<AuditRecord[]> {
  const found: AuditRecord[] = []
  let after: string | undefined
  do {
    const limit = Math.min(PAGE, Math.max(1, lines))
    const page = await client.audit.list({ query: { limit, after, action, target, from, to } })
    found.push(...page.items)
    after = page.next ?? undefined
  } while (after !== undefined && isWanted(found))
  return found
}

/** Until Ctrl-C. Records are numbered as they are written, so none is shown twice and none is missed. */
async function follow(io: CliIo, client: Client, options: Options, first: AuditRecord[]): Promise<void> {
  let last = 0
  let isTold = false
  const show = (records: AuditRecord[]) => {
    for (const record of records) {
      io.stdout.write(`${options.json ? jsonLine(record) : line(record)}\n`)
      last = Number(record.id)
    }
  }
  show(first)
  const isNew = ({ id }: AuditRecord) => Number(id) > last
  while (!io.signal.aborted) {
    await pause(io.reconnectAfterMs, undefined, { signal: io.signal }).catch(() => undefined)
    if (io.signal.aborted) return
    try {
      const wanted = { ...options, lines: PAGE }
      const found = await newest(client, wanted, (seen) => seen.every(isNew))
      show(found.filter(isNew).reverse())
      isTold = false
    } catch (error) {
      if (error instanceof PlatformError && !ERROR_CODES[error.code].retry) throw error
      if (!isTold) io.stderr.write('The audit cannot be read; trying again ...\n')
      isTold = true
    }
  }
}

function auditTable(items: AuditRecord[]): string {
  return table(
    ['TIME', 'WHO', 'ACTION', 'TARGET', 'DETAILS'],
    items.map((one) => [timeText(one.timeMs), one.actor, one.action, one.target, detailsText(one)]),
  )
}

const line = (one: AuditRecord): string =>
  printable(
    [timeText(one.timeMs), one.actor, one.action, one.target, detailsText(one)].join('  '),
  ).replaceAll(/[\n\t]/g, ' ')

const detailsText = ({ details }: AuditRecord): string =>
  Object.keys(details).length === 0 ? '' : JSON.stringify(details)

function count(text: string): number {
  const lines = Number(text)
  if (Number.isInteger(lines) && lines >= 1 && lines <= 100_000) return lines
  throw new InvalidArgumentError('It must be a whole number from 1 to 100000.')
}
