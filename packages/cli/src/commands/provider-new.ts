import { basename, relative, resolve } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { type BaseOptions, command, print } from '../command.ts'
import type { CliIo } from '../io.ts'
import { writeNewFolder } from '../write-new-folder.ts'
import { scaffoldProvider } from './provider-scaffold.ts'
import { packageSources } from './provider-sources.ts'

const NAME = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/

export function providerNewCommand(io: CliIo): Command {
  return command(
    'new <folder>',
    'make the package of a new adapter, which compiles and whose tests tell what to write',
  )
    .option('--name <name>', "name of the adapter (default: the folder's)")
    .action(async (given: string, options: BaseOptions & { name?: string }) => {
      const folder = resolve(io.cwd, given)
      const name = options.name ?? basename(folder).replace(/^(?:zimki|openzimki)?-?provider-/, '')
      if (!NAME.test(name)) throw badName(name)
      const files = scaffoldProvider(name, await packageSources())
      await writeNewFolder(io, folder, files, 'zimki provider new NAME')
      const names = Object.keys(files)
      print(io, options, { folder, name, files: names }, () =>
        nextSteps(relative(io.cwd, folder) || '.', names),
      )
    })
}

function badName(name: string): PlatformError {
  const message = `"${name}" cannot be the name of an adapter. Give --name with lower-case letters, digits and hyphens, a letter first.`
  return new PlatformError('INVALID_ARGUMENT', message, { details: { usage: true } })
}

const nextSteps = (folder: string, files: string[]) =>
  [
    `Made in ${folder}:`,
    ...files.map((file) => `  ${file}`),
    'Next:',
    `  cd ${folder}`,
    '  npm install',
    '  npm run check     compiles it',
    '  npm test          tells what to write next',
  ].join('\n')
