import { AnswerError } from './answer-error.ts'

/** What one character of each holds at most; UTF-8 holds all. */
const LAST_CODE: Record<string, number> = {
  'utf-8': 0x10_ffff,
  'iso-8859-1': 0xff,
  'us-ascii': 0x7f,
}
const ALIASES: Record<string, string> = {
  utf8: 'utf-8',
  latin1: 'iso-8859-1',
  'latin-1': 'iso-8859-1',
  'iso8859-1': 'iso-8859-1',
  'iso_8859-1': 'iso-8859-1',
  ascii: 'us-ascii',
}

const TEXTUAL = /^text\/|[/+](?:xml|json|javascript)\b/i
const CHARSET = /;\s*charset\s*=\s*["']?([^"';\s]+)["']?/i

/** How the content of an answer goes out. */
export interface WrittenContent {
  /** The media type with its charset. */
  type: string
  /** How the characters become bytes: `latin1` makes one byte of each. */
  encoding: 'utf8' | 'latin1'
}

/**
 * The charset that goes out is the one that was asked for: by `charset`, else in the media type, else UTF-8 for text. What is not text is
 * a string of bytes, and may be called anything. AnswerError for text in a charset that cannot be written, or that lacks a character.
 */
export function writtenContent(body: string, mimetype: string, charset: string | null): WrittenContent {
  const asked = charset ?? CHARSET.exec(mimetype)?.[1] ?? (TEXTUAL.test(mimetype) ? 'utf-8' : null)
  const type = asked === null ? mimetype : `${mimetype.replace(CHARSET, '')}; charset=${asked}`
  if (asked === null) return { type, encoding: isBytes(body) ? 'latin1' : 'utf8' }
  const name = canonical(asked)
  if (name === null) {
    if (!TEXTUAL.test(mimetype) && isBytes(body)) return { type, encoding: 'latin1' }
    throw new AnswerError(
      `text cannot be written in the charset "${asked}": there are ${Object.keys(LAST_CODE).join(', ')}`,
    )
  }
  checkCharacters(body, asked, LAST_CODE[name]!)
  return { type, encoding: name === 'utf-8' ? 'utf8' : 'latin1' }
}

function canonical(charset: string): string | null {
  const name = charset.toLowerCase()
  const known = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name
  return Object.hasOwn(LAST_CODE, known) ? known : null
}

function checkCharacters(body: string, charset: string, lastCode: number): void {
  if (lastCode > 0xff) return
  for (let index = 0; index < body.length; index++) {
    if (body.charCodeAt(index) <= lastCode) continue
    const code = body.codePointAt(index)!
    const named = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
    throw new AnswerError(
      `the charset ${charset} has no "${String.fromCodePoint(code)}" (${named}): leave it out, write &#${code}; in HTML, or use utf-8`,
    )
  }
}

/** As files are created: a string with a character beyond a byte is text. */
function isBytes(body: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what one byte holds
  return /^[\u0000-\u00ff]*$/.test(body)
}
