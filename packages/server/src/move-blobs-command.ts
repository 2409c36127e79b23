import { type CliIo, withProgress } from '@openzimki/cli'
import { Command } from 'commander'
import { moveBlobs } from './move-blobs.ts'

interface MoveFlags {
  data: string
  to: string
  from?: string
  json?: boolean
}

/** `zimki admin move-blobs`. */
export function moveBlobsCommand(io: CliIo): Command {
  return new Command('move-blobs')
    .description('copy all blobs to another place, each compared by its digest; run it again to go on')
    .requiredOption('--to <place>', 's3://bucket/prefix?region=..., or `files` for the data folder')
    .option('--from <place>', 'where they are, if they are in S3, with its settings')
    .option('--data <folder>', 'folder of the installation', '.zimki')
    .option('--json', 'print what was done as JSON')
    .action(async ({ data, to, from, json }: MoveFlags) => {
      const report = await withProgress(io, 'Copying blobs', (tell) =>
        moveBlobs({ data, to: placeOf(to), from: placeOf(from ?? 'files') }, tell),
      )
      if (json) io.stdout.write(`${JSON.stringify(report)}\n`)
      else {
        const { copied, present, bytes } = report
        io.stdout.write(
          `${copied} blobs (${bytes} bytes) were copied, ${present} were there already. Start with ${to === 'files' ? 'no --blobs' : '--blobs and that place'} from now on.\n`,
        )
      }
    })
}

/** Empty: the data folder. */
const placeOf = (text: string): string => (text === 'files' ? '' : text)
