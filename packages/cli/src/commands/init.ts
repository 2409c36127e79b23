import { basename, relative, resolve } from 'node:path'
import { isAlias, PlatformError, type RealmKind } from '@openzimki/core'
import { type Command, Option } from 'commander'
import { type BaseOptions, command, print } from '../command.ts'
import type { CliIo } from '../io.ts'
import { scaffoldRealm } from '../scaffold-realm.ts'
import { writeNewFolder } from '../write-new-folder.ts'

interface Options extends BaseOptions {
  type: RealmKind
  name?: string
}

export function initCommand(io: CliIo): Command {
  return command('init [folder]', 'make a folder with a small realm to start from')
    .addOption(
      new Option('--type <type>', 'script: plain JavaScript, synchronous; module: fetch(request), TypeScript')
        .choices(['script', 'module'])
        .default('script'),
    )
    .option('--name <name>', "name of the realm (default: the folder's)")
    .action(async (given: string | undefined, options: Options) => {
      const folder = resolve(io.cwd, given ?? '.')
      const name = options.name ?? nameFrom(folder)
      if (!isAlias(name)) throw badName(name)
      const files = scaffoldRealm(name, options.type)
      await writeNewFolder(io, folder, files, 'zimki init NAME')
      const names = Object.keys(files)
      print(io, options, { folder, name, type: options.type, files: names }, () =>
        nextSteps(io, folder, names),
      )
    })
}

/** The folder's name as near as a realm's can be to it. */
function nameFrom(folder: string): string {
  return basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 63)
}

function badName(name: string): PlatformError {
  const message = `"${name}" cannot be the name of a realm. Give --name with lower-case letters, digits and hyphens.`
  return new PlatformError('INVALID_ARGUMENT', message, { details: { usage: true } })
}

function nextSteps(io: CliIo, folder: string, files: string[]): string {
  const shown = relative(io.cwd, folder) || '.'
  return [
    `Made in ${shown}:`,
    ...files.map((file) => `  ${file}`),
    `Put it live: zimki deploy ${shown}`,
  ].join('\n')
}
