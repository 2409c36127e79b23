import { createClient } from '@openzimki/api'
import type { Command } from 'commander'
import { apiCommand, type BaseOptions, print } from '../command.ts'
import { checkUrl, findCredentials } from '../connection.ts'
import type { CliIo } from '../io.ts'
import { withProgress } from '../progress.ts'
import { failure } from '../run-program.ts'

export function healthCommand(io: CliIo): Command {
  return apiCommand('health', 'say whether the platform can take deployments').action(
    async (options: BaseOptions) => {
      const url = await serverUrl(io, options)
      const health = await withProgress(io, `Asking ${url}`, () =>
        createClient({ url, fetch: io.fetch }).health.get(),
      )
      print(
        io,
        options,
        { url, ...health },
        () => `${url} is ${health.status} (version ${health.version}, machines: ${health.machines})`,
      )
      if (health.status !== 'ok') throw failure()
    },
  )
}

/** Health is public: a URL alone will do. */
async function serverUrl(io: CliIo, options: BaseOptions): Promise<string> {
  const url = options.url ?? (io.env.ZIMKI_URL || undefined)
  if (url === undefined) return (await findCredentials(io, options)).url
  checkUrl(url)
  return url
}
