import { Blob, bytesOfBlob } from './blob.ts'
import { alreadyUsed, Body } from './body.ts'
import { bytesOf } from './bytes.ts'
import { FormData } from './form-data.ts'
import { encodeMultipart } from './multipart.ts'
import { readableCoreOf } from './streams/readable-slot.ts'
import { ReadableStream } from './streams/readable-stream.ts'
import { encodeUrlEncoded } from './url/url-encoded.ts'
import { URLSearchParams } from './url/url-search-params.ts'
import { toUSVString } from './webidl.ts'

/** A body, and the content type that it implies where the program names none. */
export interface Extracted {
  body: Body
  contentType: string | null
}

/** https://fetch.spec.whatwg.org/#concept-bodyinit-extract. Bytes are copied, so later changes to them are not sent. */
export function extractBody(value: unknown): Extracted {
  if (typeof value === 'string') return fromText(value)
  if (value instanceof ReadableStream) return { body: new Body(freshStream(value)), contentType: null }
  const bytes = bytesOf(value)
  if (bytes) return { body: new Body(bytes.slice()), contentType: null }
  if (value instanceof URLSearchParams) {
    const contentType = 'application/x-www-form-urlencoded;charset=UTF-8'
    return { body: new Body(encodeUrlEncoded([...value.entries()])), contentType }
  }
  if (value instanceof Blob)
    return { body: new Body(bytesOfBlob(value).slice()), contentType: value.type || null }
  if (value instanceof FormData) {
    const boundary = `----formdata-${randomDigits()}${randomDigits()}`
    return {
      body: new Body(encodeMultipart(value, boundary)),
      contentType: `multipart/form-data; boundary=${boundary}`,
    }
  }
  return fromText(toUSVString(value))
}

const fromText = (text: string): Extracted => ({
  body: new Body(text.toWellFormed()),
  contentType: 'text/plain;charset=UTF-8',
})

/** A boundary need not be secret, only unlikely in the content. */
const randomDigits = (): string => Math.random().toString().slice(2).padStart(16, '0').slice(0, 16)

function freshStream(stream: ReadableStream): ReadableStream {
  const core = readableCoreOf(stream)!
  if (core.disturbed || core.reader) throw alreadyUsed()
  return stream
}
