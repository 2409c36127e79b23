import type { Command } from 'commander'
import { print, withPlainClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { printable } from '../printable.ts'
import { withProgress } from '../progress.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { failure } from '../run-program.ts'

interface Options extends RealmOptions {
  inPlace?: boolean
}

export function testCommand(io: CliIo): Command {
  return realmCommand('test [names...]', 'run the unit tests of the live deployment; the report is TAP 14')
    .option('--in-place', "on the realm's own data, not on a throw-away copy")
    .action(
      withPlainClient<Options, [string[]]>(io, async (client, options, names) => {
        const realm = await realmFor(io, options)
        const body = { copy: !options.inPlace, ...(names.length > 0 ? { names } : {}) }
        const report = await withProgress(io, `Testing ${realm}`, () =>
          client.tests.run({ params: { realm }, body, signal: io.signal }),
        )
        print(io, options, report, () => printable(report.tap.trimEnd()))
        if (!report.ok) throw failure()
      }),
    )
}
