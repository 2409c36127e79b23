import { bytesOfBlob, File } from './blob.ts'
import { concatBytes } from './bytes.ts'
import { FormData } from './form-data.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** Serializes a form as https://html.spec.whatwg.org/#multipart-form-data says. */
export function encodeMultipart(form: FormData, boundary: string): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  for (const [name, value] of form.entries()) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(newlines(name))}"`
    if (typeof value === 'string') parts.push(encodeUtf8(`${head}\r\n\r\n${newlines(value)}\r\n`))
    else {
      const type = value.type || 'application/octet-stream'
      parts.push(encodeUtf8(`${head}; filename="${escapeName(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`))
      parts.push(bytesOfBlob(value), encodeUtf8('\r\n'))
    }
  }
  parts.push(encodeUtf8(`--${boundary}--\r\n`))
  return concatBytes(parts)
}

const newlines = (text: string): string => text.replace(/\r\n?|\n/g, '\r\n')
const escapeName = (name: string): string =>
  name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')
const unescapeName = (name: string): string => name.replace(/%0A|%0D|%22/gi, decodeURIComponent)

/** The inverse of encodeMultipart, as https://andreubotella.github.io/multipart-form-data/ says. TypeError if malformed. */
export function parseMultipart(bytes: Uint8Array<ArrayBuffer>, boundary: string): FormData {
  const form = new FormData()
  const dashes = encodeUtf8(`--${boundary}`)
  const delimiter = encodeUtf8(`\r\n--${boundary}`)
  let at = startsWith(bytes, dashes, 0) ? dashes.length : skip(bytes, delimiter)
  while (!startsWith(bytes, TWO_DASHES, at)) {
    if (!startsWith(bytes, CRLF, at)) throw malformed('a boundary is not followed by a line end')
    const headEnd = indexOf(bytes, BLANK_LINE, at)
    const end = headEnd < 0 ? -1 : indexOf(bytes, delimiter, headEnd + 2)
    if (end < 0) throw malformed('the last boundary is missing')
    addPart(
      form,
      decodeUtf8(bytes.subarray(at + 2, headEnd)),
      bytes.subarray(headEnd + 4, Math.max(end, headEnd + 4)),
    )
    at = end + delimiter.length
  }
  return form
}

const CRLF = new Uint8Array([13, 10])
const BLANK_LINE = new Uint8Array([13, 10, 13, 10])
const TWO_DASHES = new Uint8Array([45, 45])

const malformed = (why: string): TypeError => new TypeError(`The multipart form cannot be read: ${why}`)

function skip(bytes: Uint8Array, delimiter: Uint8Array): number {
  const at = indexOf(bytes, delimiter, 0)
  if (at < 0) throw malformed('it does not contain its boundary')
  return at + delimiter.length
}

function addPart(form: FormData, head: string, content: Uint8Array<ArrayBuffer>): void {
  let type = 'text/plain'
  let disposition = ''
  for (const line of head.split('\r\n')) {
    const [, name, value] = /^([^:]*):[\t ]*(.*)$/.exec(line) ?? []
    if (name?.toLowerCase() === 'content-disposition') disposition = value!
    if (name?.toLowerCase() === 'content-type') type = value!.trim()
  }
  const name = parameter(disposition, 'name')
  if (!/^form-data\s*;/i.test(disposition) || name === null) throw malformed('a part has no name')
  const filename = parameter(disposition, 'filename')
  if (filename === null) form.append(name, decodeUtf8(content))
  else form.append(name, new File([content], filename, { type }))
}

function parameter(disposition: string, name: string): string | null {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(
    disposition,
  )
  if (!found) return null
  return unescapeName(found[1] === undefined ? found[2]! : found[1].replace(/\\(["\\])/g, '$1'))
}

function startsWith(bytes: Uint8Array, pattern: Uint8Array, at: number): boolean {
  for (let index = 0; index < pattern.length; index++) if (bytes[at + index] !== pattern[index]) return false
  return true
}

function indexOf(bytes: Uint8Array, pattern: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(pattern[0]!, from); at >= 0; at = bytes.indexOf(pattern[0]!, at + 1)) {
    if (startsWith(bytes, pattern, at)) return at
  }
  return -1
}
