import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { apiCommand, type BaseOptions } from './command.ts'
import type { CliIo } from './io.ts'
import { parseRealmJson } from './realm-folder/realm-json.ts'

export interface RealmOptions extends BaseOptions {
  realm?: string
}

/** A command about one realm. */
export function realmCommand(usage: string, description: string): Command {
  return apiCommand(usage, description).option(
    '--realm <name>',
    'realm (default: "name" in realm.json of this folder)',
  )
}

/** The realm that was named, or the one of the current folder. */
export async function realmFor(io: CliIo, options: RealmOptions): Promise<string> {
  if (options.realm !== undefined) return options.realm
  const text = await readFile(join(io.cwd, 'realm.json'), 'utf8').catch(() => undefined)
  const name = text === undefined ? undefined : (await parseRealmJson(text, 'realm.json')).name
  if (name !== undefined) return name
  const message = 'Which realm? Give --realm NAME, or go to a folder whose realm.json has a "name".'
  throw new PlatformError('INVALID_ARGUMENT', message, { details: { usage: true } })
}
