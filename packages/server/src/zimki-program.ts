import { buildProgram, type CliIo, quietly } from '@openzimki/cli'
import type { Command } from 'commander'
import { adminCommand } from './admin-command.ts'
import { upCommand } from './up-command.ts'

/** The program `zimki`: the command line, and `up` and `admin`, which only this package can put together. */
export function zimkiProgram(io: CliIo): Command {
  return buildProgram(io)
    .addCommand(quietly(upCommand(io), io))
    .addCommand(quietly(adminCommand(io), io))
}
