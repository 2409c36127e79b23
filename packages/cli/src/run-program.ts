import { PlatformError } from '@openzimki/core'
import { type Command, CommanderError } from 'commander'
import type { CliIo } from './io.ts'
import { jsonLine, printable } from './printable.ts'

/** Exit statuses: done; failed; called the wrong way. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const

/**
 * Runs one command line (without the program's name) and resolves to its exit status. Errors are told on stderr; with --json also as
 * `{ "error": { code, message, details } }` on stdout.
 */
export async function runProgram(program: Command, args: readonly string[], io: CliIo): Promise<number> {
  try {
    await program.parseAsync([...args], { from: 'user' })
    return EXIT.ok
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage
    const error = PlatformError.from(thrown)
    // Ctrl-C ends well what would go on for ever; a command that calls it a failure itself has said so.
    if (io.signal.aborted && !error.details.reported) return EXIT.ok
    return report(error, args, io)
  }
}

/** A command that has printed its own result ends this way when the result is a failure. */
export function failure(): PlatformError {
  return new PlatformError('INTERNAL', '', { details: { reported: true } })
}

function report(error: PlatformError, args: readonly string[], io: CliIo): number {
  if (error.details.reported) return EXIT.failure
  if (args.includes('--json')) io.stdout.write(`${jsonLine({ error })}\n`)
  const lines = [`zimki: ${printable(error.message)}`, ...adviceFor(error), ...causeFor(error, io)]
  io.stderr.write(`${lines.join('\n')}\n`)
  return error.details.usage ? EXIT.usage : EXIT.failure
}

/** What to do, where the message cannot know it because the server wrote it. */
function adviceFor(error: PlatformError): string[] {
  if (error.code === 'UNAUTHENTICATED' && !error.message.includes('zimki login')) {
    return ['Log in again with "zimki login", or check --token and ZIMKI_TOKEN.']
  }
  return []
}

function causeFor(error: PlatformError, io: CliIo): string[] {
  if (!io.env.ZIMKI_DEBUG || !(error.cause instanceof Error)) return []
  return [printable(error.cause.stack ?? error.cause.message)]
}
