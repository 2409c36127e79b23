import { PlatformError } from '@openzimki/core'
import type { CliIo } from './io.ts'

/** More than any secret or piece of code that the platform takes. */
const MAX_INPUT_BYTES = 4 * 1024 * 1024

/** All of standard input as text. */
export async function readInput(io: CliIo): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of io.stdin) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (text.length > MAX_INPUT_BYTES)
      throw new PlatformError('TOO_LARGE', 'Standard input is larger than 4 MB.')
  }
  return text + decoder.decode()
}

/**
 * A secret that is on no command line, where every user of the machine could read it: asked for at a terminal, else standard input
 * without its last line end.
 */
export async function readSecret(io: CliIo, prompt: string): Promise<string> {
  const secret = io.terminal
    ? await io.terminal.askSecret(`${prompt}: `)
    : (await readInput(io)).replace(/\r?\n$/, '')
  if (secret) return secret
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `${prompt}: nothing was given. Type it when asked, or pipe it in.`,
    {
      details: { usage: true },
    },
  )
}
