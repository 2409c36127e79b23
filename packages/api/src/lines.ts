import { PlatformError } from '@openzimki/core'

/** Longest line that is accepted, in UTF-16 units. */
const LINE_CHARS = 16 * 1024 * 1024

/** Text lines of a byte stream (LF or CRLF), without their ends. Leaving the loop early cancels the stream. */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_CHARS) throw new PlatformError('PROTOCOL', 'The answer has a line of over 16 MiB')
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  rest += decoder.decode()
  if (rest) yield rest
}
