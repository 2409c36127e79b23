import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LoadedAdapter, loadAdapter } from '@openzimki/provider'
import type { CliIo } from '../io.ts'
import { readJsonFile } from '../read-json-file.ts'

/** Names that operators say, of clouds that have one adapter. */
const SHORT_NAMES: Readonly<Record<string, string>> = { aws: 'aws-ec2' }

/** An adapter by name or folder, from the caller's folder first, then from where zimki itself is installed. */
export function loadAdapterFor(io: CliIo, name: string): Promise<LoadedAdapter> {
  const known = Object.hasOwn(SHORT_NAMES, name) ? (SHORT_NAMES[name] ?? name) : name
  return loadAdapter(known, [io.cwd, fileURLToPath(new URL('.', import.meta.url))])
}

/** What --config names; `{}` without it. */
export async function adapterConfig(io: CliIo, file: string | undefined): Promise<unknown> {
  return file === undefined ? {} : readJsonFile(resolve(io.cwd, file))
}
