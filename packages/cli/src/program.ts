import { createRequire } from 'node:module'
import { Command } from 'commander'
import { accountsCommand } from './commands/accounts.ts'
import { auditCommand } from './commands/audit.ts'
import { deployCommand } from './commands/deploy.ts'
import { deploymentsCommand } from './commands/deployments.ts'
import { devCommand } from './commands/dev.ts'
import { domainsCommand } from './commands/domains.ts'
import { fleetCommand } from './commands/fleet.ts'
import { groupsCommand } from './commands/groups.ts'
import { healthCommand } from './commands/health.ts'
import { initCommand } from './commands/init.ts'
import { keysCommand } from './commands/keys.ts'
import { loginCommand } from './commands/login.ts'
import { logsCommand } from './commands/logs.ts'
import { openCommand } from './commands/open.ts'
import { providerCommand } from './commands/provider.ts'
import { providerKeyCommand } from './commands/provider-key.ts'
import { realmsCommand } from './commands/realms.ts'
import { rollbackCommand } from './commands/rollback.ts'
import { secretsCommand } from './commands/secrets.ts'
import { shellCommand } from './commands/shell.ts'
import { testCommand } from './commands/test.ts'
import { tokensCommand } from './commands/tokens.ts'
import { usageCommand } from './commands/usage.ts'
import { usersCommand } from './commands/users.ts'
import { verifyCommand } from './commands/verify.ts'
import type { CliIo } from './io.ts'

/** In the order in which a newcomer needs them. */
const COMMANDS = [
  initCommand,
  loginCommand,
  deployCommand,
  devCommand,
  openCommand,
  logsCommand,
  testCommand,
  shellCommand,
  usageCommand,
  rollbackCommand,
  deploymentsCommand,
  realmsCommand,
  keysCommand,
  domainsCommand,
  usersCommand,
  groupsCommand,
  secretsCommand,
  tokensCommand,
  verifyCommand,
  providerKeyCommand,
  providerCommand,
  fleetCommand,
  accountsCommand,
  auditCommand,
  healthCommand,
]

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** The whole command line, ready for `runProgram`; `packages/server` adds `up`. */
export function buildProgram(io: CliIo): Command {
  const program = new Command('zimki')
    .description('Deploy JavaScript and TypeScript to an OpenZimki platform')
    .version(version, '--version', 'print the version')
    .helpCommand('help [command]', 'show what a command does')
  for (const build of COMMANDS) program.addCommand(build(io))
  return quietly(program, io)
}

/** Commander prints through us and throws in place of ending the process; commands that are added later need this too. */
export function quietly(command: Command, io: CliIo): Command {
  command
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
  for (const child of command.commands) quietly(child, io)
  return command
}
