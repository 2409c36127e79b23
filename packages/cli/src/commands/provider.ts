import { Command } from 'commander'
import type { CliIo } from '../io.ts'
import { providerNewCommand } from './provider-new.ts'
import { providerRunCommand } from './provider-run.ts'
import { providerTestCommand } from './provider-test.ts'

export function providerCommand(io: CliIo): Command {
  return new Command('provider')
    .description('adapters of infrastructure: write one, test one, run what it brings')
    .addCommand(providerTestCommand(io))
    .addCommand(providerNewCommand(io))
    .addCommand(providerRunCommand(io), { isDefault: true })
}
