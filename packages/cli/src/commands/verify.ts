import { open, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { PlatformError } from '@openzimki/core'
import { type ChainHead, verifyReadings } from '@openzimki/meter'
import type { Command } from 'commander'
import { type BaseOptions, command, print } from '../command.ts'
import type { CliIo } from '../io.ts'
import { printable } from '../printable.ts'
import { withProgress } from '../progress.ts'
import { failure } from '../run-program.ts'

interface Options extends BaseOptions {
  key: string
  excerpt?: boolean
}

export function verifyCommand(io: CliIo): Command {
  return command(
    'verify <file>',
    "check a file of readings against the provider's public key; needs no server",
  )
    .requiredOption('--key <pem>', 'file with the provider\'s public key (see "zimki provider-key")')
    .option('--excerpt', 'the file may start in the middle of the chain')
    .action(async (file: string, options: Options) => {
      const [path, keyPath] = [resolve(io.cwd, file), resolve(io.cwd, options.key)]
      const key = await readFile(keyPath, 'utf8').catch((cause) => unreadable(options.key, cause))
      const { heads, ...checked } = await withProgress(io, `Checking ${file}`, () =>
        verifyReadings(linesOf(path), key, { excerpt: options.excerpt === true }),
      )
      const result = { ...checked, heads: Object.fromEntries(heads) }
      print(io, options, result, () => [verdict(file, checked), ...ends(heads)].join('\n'))
      if (!checked.ok) throw failure()
    })
}

/** A file cannot show that its end was cut off: what these say must be what the provider gives as the latest. */
function ends(heads: Map<string, ChainHead>): string[] {
  return Array.from(
    heads,
    ([realm, head]) => `realm ${printable(realm)} ends with reading ${head.sequence}, ${head.hash}`,
  )
}

/** Opened only when it is read, so that nothing is left open when the key is refused. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path).catch((cause) => unreadable(path, cause))
  try {
    yield* file.readLines()
  } finally {
    await file.close()
  }
}

function verdict(
  file: string,
  { count, firstBad }: { count: number; firstBad?: { line: number; why: string } },
): string {
  if (firstBad)
    return `${file}:${firstBad.line}: ${printable(firstBad.why)}\n${count} readings before it hold.`
  if (count === 0) return `${file} has no readings, so there is nothing to check.`
  return `${count} readings hold: signed by this key, nothing changed, left out or moved.`
}

function unreadable(file: string, cause: Error): never {
  throw new PlatformError('NOT_FOUND', `${file} cannot be read: ${cause.message}`, { cause })
}
