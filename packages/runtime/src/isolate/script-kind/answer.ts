import { AnswerError } from './answer-error.ts'
import { writtenContent } from './content-charset.ts'
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

const CONTENT_KEYS = new Set(['content', 'mimetype', 'charset', 'status', 'headers'])

/** Turns what a handler returned into an answer (ZIMKI-API section 2). Throws AnswerError for what nobody can mean to send. */
export function toAnswer(result: unknown): Answer {
  if (result === undefined || result === null) return text('')
  if (result instanceof Redirect) return redirect(result)
  if (result instanceof StoredFile) return file(result)
  if (typeof result === 'object' && isContent(result)) return content(result)
  if (hasText(result)) return text(String(result))
  throw new AnswerError(
    `a handler returned ${shown(result)}, which is no answer: return text, zimki.redirect(url), a zimki.file or an object of ${[...CONTENT_KEYS].join(', ')}; for JSON { content: JSON.stringify(value), mimetype: "application/json" }`,
  )
}

/** With `content`, or with nothing but what an answer has, such as `{ status: 204 }`. */
function isContent(object: object): object is ContentObject {
  const keys = Object.keys(object)
  return 'content' in object || (keys.length > 0 && keys.every((key) => CONTENT_KEYS.has(key)))
}

/** "[object Object]" and the source of a function are no texts; a stored object, a Date or an array of texts has one. */
function hasText(value: unknown): boolean {
  if (typeof value === 'function') return false
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(hasText)
  const { toString: asText } = value
  return typeof asText === 'function' && asText !== Object.prototype.toString
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array of objects'
  const keys = Object.keys(value as object).slice(0, 10)
  return keys.length > 0 ? `an object of ${keys.join(', ')}` : 'an object without properties'
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
  const body = object.content === undefined || object.content === null ? '' : String(object.content)
  const charset = object.charset === undefined || object.charset === null ? null : String(object.charset)
  const { type, encoding } = writtenContent(body, mimetype, charset)
  return {
    status: statusOf(object.status),
    headers: ['content-type', type, ...headerList(object.headers)],
    body,
    encoding,
  }
}

function statusOf(status: unknown): number {
  if (status === undefined || status === null) return 200
  const number = Number(status)
  if (Number.isInteger(number) && number >= 200 && number <= 599) return number
  throw new AnswerError(`status must be a whole number from 200 to 599, got ${String(status)}`)
}

function headerList(headers: unknown): string[] {
  if (headers === undefined || headers === null) return []
  if (typeof headers !== 'object') throw new AnswerError('headers must be an object of names and values')
  const list: string[] = []
  for (const [name, value] of Object.entries(headers))
    for (const item of Array.isArray(value) ? value : [value]) list.push(name, String(item))
  return list
}
