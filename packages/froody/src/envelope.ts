import { pourPlain } from './pour.ts'
import { escapeAttribute } from './xml-text.ts'

const DECLARATION = '<?xml version="1.0" encoding="utf-8" ?>\n'

/** The envelope of an answer; `inner` is XML. */
export const envelopeOk = (inner: string): string =>
  inner === '' ? `${DECLARATION}<rsp stat="ok"/>` : `${DECLARATION}<rsp stat="ok">${inner}</rsp>`

/** The envelope of an error. `data`, if there is any, is poured into `<err>` by its property names. */
export function envelopeFail(code: string, message: string, data?: unknown): string {
  const attributes = `code="${escapeAttribute(code)}" msg="${escapeAttribute(message)}"`
  const inner = data === undefined || data === null ? '' : pourPlain(data, 0)
  const err = inner === '' ? `<err ${attributes}/>` : `<err ${attributes}>${inner}</err>`
  return `${DECLARATION}<rsp stat="fail">${err}</rsp>`
}
