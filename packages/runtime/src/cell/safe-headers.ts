const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/
const VALUE = /^[\t\x20-\x7e\x80-\uffff]{0,16384}$/
/** Framing and connections are the gateway's; a program that sets them could desynchronise its clients. */
const NOT_THEIRS = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'content-length',
])

/** Header pairs as a program may send them: well-formed, bounded in number, none that splits or frames the response. */
export function safeHeaders(headers: unknown): string[] {
  if (!Array.isArray(headers)) return []
  const safe: string[] = []
  for (let index = 0; index + 1 < headers.length && safe.length < 512; index += 2) {
    const name = String(headers[index]).toLowerCase()
    const value = String(headers[index + 1])
    if (NAME.test(name) && VALUE.test(value) && !NOT_THEIRS.has(name)) safe.push(name, latin1Value(value))
  }
  return safe
}

/** A header is bytes: what is beyond Latin-1 travels as UTF-8. */
function latin1Value(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what one byte holds
  return /^[\x00-\xff]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}
