import { createClient } from '@openzimki/api'
import type { Command } from 'commander'
import { type BaseOptions, command, print } from '../command.ts'
import { configPath, writeCredentials } from '../config-file.ts'
import { checkUrl } from '../connection.ts'
import type { CliIo } from '../io.ts'
import { withProgress } from '../progress.ts'
import { readSecret } from '../read-input.ts'

interface Options extends BaseOptions {
  url: string
}

export function loginCommand(io: CliIo): Command {
  return command('login', 'remember a server and a token for all other commands')
    .requiredOption('--url <url>', 'server, such as http://127.0.0.1:8080')
    .option('--token <token>', 'its token (better: leave it out, and type it or pipe it in)')
    .action(async (options: Options) => {
      const { url } = options
      checkUrl(url)
      const token = options.token ?? (await readSecret(io, `Token for ${url}`))
      await withProgress(io, `Asking ${url}`, () =>
        createClient({ url, token, fetch: io.fetch }).realms.list({ query: { limit: 1 } }),
      )
      const path = configPath(io)
      await writeCredentials(path, { url, token })
      print(io, options, { url, file: path }, () => `Logged in to ${url}; remembered in ${path}`)
    })
}
