import { Blob } from './blob.ts'
import type { Body } from './body.ts'
import { exactBuffer } from './bytes.ts'
import { FormData } from './form-data.ts'
import { parseMultipart } from './multipart.ts'
import { parseUrlEncoded } from './url/url-encoded.ts'
import { decodeUtf8 } from './utf8.ts'

/* The reading half of https://fetch.spec.whatwg.org/#body-mixin, for Request and Response alike. */

export const readText = async (body: Body | null): Promise<string> => (body ? body.text() : '')

export const readJson = async (body: Body | null): Promise<unknown> =>
  JSON.parse(body ? await body.text() : '')

export const readBytes = async (body: Body | null): Promise<Uint8Array<ArrayBuffer>> =>
  body ? body.bytes() : new Uint8Array(0)

export const readArrayBuffer = async (body: Body | null): Promise<ArrayBuffer> =>
  exactBuffer(await readBytes(body))

export async function readBlob(body: Body | null, contentType: string | null): Promise<Blob> {
  return new Blob([await readBytes(body)], { type: contentType ?? '' })
}

export async function readFormData(body: Body | null, contentType: string | null): Promise<FormData> {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(contentType ?? '')
  if (type === 'multipart/form-data' && boundary) {
    return parseMultipart(await readBytes(body), boundary[1] ?? boundary[2]!)
  }
  if (type !== 'application/x-www-form-urlencoded') {
    throw new TypeError(`formData() needs a form, but the content type is ${contentType ?? 'not given'}`)
  }
  const form = new FormData()
  for (const [name, value] of parseUrlEncoded(decodeUtf8(await readBytes(body)))) form.append(name, value)
  return form
}
