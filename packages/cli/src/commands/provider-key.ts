import type { Command } from 'commander'
import { apiCommand, type BaseOptions, print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'

export function providerKeyCommand(io: CliIo): Command {
  return apiCommand('provider-key', 'print the public key that readings are signed with').action(
    withClient<BaseOptions, []>(io, async (client, options) => {
      const key = await client.usage.providerKey()
      print(io, options, key, () => key.publicKeyPem.trimEnd())
    }),
  )
}
