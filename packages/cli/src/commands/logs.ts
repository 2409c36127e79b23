import type { LogLine } from '@openzimki/api'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { withPlainClient } from '../command.ts'
import { followLogs } from '../follow-logs.ts'
import type { CliIo } from '../io.ts'
import { logText } from '../log-text.ts'
import { jsonLine } from '../printable.ts'
import { withProgress } from '../progress.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

interface Options extends RealmOptions {
  follow?: boolean
  lines: number
  level?: (typeof LEVELS)[number]
  request?: string
}

export function logsCommand(io: CliIo): Command {
  return realmCommand('logs', 'show the log of a realm; with --json one document a line')
    .option('-f, --follow', 'go on as lines are written')
    .option('-n, --lines <count>', 'how many lines from before', lineCount, 100)
    .addOption(new Option('--level <level>', 'only this level').choices(LEVELS))
    .option('--request <id>', 'only what this request wrote; error pages show the id')
    .action(
      withPlainClient<Options, []>(io, async (client, options) => {
        const realm = await realmFor(io, options)
        const { lines: limit, level, request } = options
        const show = (line: LogLine) => io.stdout.write(`${options.json ? jsonLine(line) : logText(line)}\n`)
        if (options.follow) {
          for await (const line of followLogs(io, client, realm, limit)) {
            const isWanted = (!level || line.level === level) && (!request || line.request === request)
            if (isWanted) show(line)
          }
          return
        }
        if (limit === 0) return
        const page = await withProgress(io, `Reading the log of ${realm}`, () =>
          client.logs.list({ params: { realm }, query: { limit, level, request } }),
        )
        for (const line of page.items) show(line)
      }),
    )
}

function lineCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= 1000) return count
  throw new InvalidArgumentError('It must be a whole number from 0 to 1000.')
}
