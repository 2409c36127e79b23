import { StoredFile } from './file.ts'
import { Redirect } from './redirect.ts'

/** A handler's result in the terms of HTTP. */
export interface Answer {
  status: number
  headers: string[]
  body: string
  /** How the body's characters become bytes: `latin1` for binary strings. */
  encoding: 'utf8' | 'latin1'
}

interface ContentObject {
  content?: unknown
  mimetype?: unknown
  charset?: unknown
  status?: unknown
  headers?: unknown
}

/** Turns what a handler returned into an answer (ZIMKI-API section 2). */
export function toAnswer(result: unknown): Answer {
  if (result === undefined || result === null) return text('')
  if (result instanceof Redirect) return redirect(result)
  if (result instanceof StoredFile) return file(result)
  if (typeof result === 'object' && 'content' in result) return content(result)
  return text(String(result))
}

function text(body: string): Answer {
  return { status: 200, headers: ['content-type', 'text/html; charset=utf-8'], body, encoding: 'utf8' }
}

function redirect({ url }: Redirect): Answer {
  return {
    status: 302,
    headers: ['location', url, 'content-type', 'text/plain; charset=utf-8'],
    body: url,
    encoding: 'utf8',
  }
}

function file(stored: StoredFile): Answer {
  return { status: 200, headers: ['content-type', stored.mimetype], body: stored.content, encoding: 'latin1' }
}

function content(object: ContentObject): Answer {
  const mimetype = object.mimetype === undefined ? 'text/html' : String(object.mimetype)
  const charset = charsetOf(mimetype, object.charset)
  const type = charset && !/;\s*charset=/i.test(mimetype) ? `${mimetype}; charset=${charset}` : mimetype
  const body = object.content === undefined || object.content === null ? '' : String(object.content)
  return {
    status: statusOf(object.status),
    headers: ['content-type', type, ...headerList(object.headers)],
    body,
    encoding: charset && /^utf-?8$/i.test(charset) ? 'utf8' : 'latin1',
  }
}

/** Text without a named charset is UTF-8; everything else is bytes. */
function charsetOf(mimetype: string, charset: unknown): string | null {
  if (charset !== undefined && charset !== null) return String(charset)
  const named = /;\s*charset=["']?([^"';\s]+)/i.exec(mimetype)
  if (named) return named[1] ?? null
  return /^text\/|[/+](?:xml|json|javascript)\b/i.test(mimetype) ? 'utf-8' : null
}

function statusOf(status: unknown): number {
  if (status === undefined || status === null) return 200
  const number = Number(status)
  if (Number.isInteger(number) && number >= 200 && number <= 599) return number
  throw new RangeError(`status must be a whole number from 200 to 599, got ${String(status)}`)
}

function headerList(headers: unknown): string[] {
  if (headers === undefined || headers === null) return []
  if (typeof headers !== 'object') throw new TypeError('headers must be an object of names and values')
  const list: string[] = []
  for (const [name, value] of Object.entries(headers))
    for (const item of Array.isArray(value) ? value : [value]) list.push(name, String(item))
  return list
}
