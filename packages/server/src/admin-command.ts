import type { CliIo } from '@openzimki/cli'
import { Command } from 'commander'
import { moveBlobsCommand } from './move-blobs-command.ts'
import { moveStateCommand } from './move-state-command.ts'

/** `zimki admin`: what an operator does to an installation that does not run. */
export function adminCommand(io: CliIo): Command {
  return new Command('admin')
    .description('look after an installation that does not run')
    .addCommand(moveBlobsCommand(io))
    .addCommand(moveStateCommand(io))
}
