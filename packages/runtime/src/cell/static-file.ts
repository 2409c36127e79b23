import type { BlobStore } from '@openzimki/store/client'
import type { RealmFile, RealmFiles } from '../bindings/realm-files.ts'
import { headerValue } from './header-value.ts'
import type { RunningRequest } from './running-request.ts'

/** Up to this size a file goes out in one frame. */
const WHOLE_BYTES = 64 * 1024

/** Answers with a published file: validators, one range, streamed from the store. No isolate is entered. */
export async function serveFile(file: RealmFile, files: RealmFiles, request: RunningRequest): Promise<void> {
  request.function = '(file)'
  const { method, headers } = request.head
  const etag = `"${file.digest.slice(0, 32)}"`
  const common = [
    'content-type',
    file.mimetype,
    'etag',
    etag,
    'cache-control',
    'no-cache',
    'accept-ranges',
    'bytes',
  ]
  if (method !== 'GET' && method !== 'HEAD')
    return request.respond(
      { status: 405, headers: ['allow', 'GET, HEAD', 'content-type', 'text/plain'] },
      'A file is only read.',
    )
  if (headerValue(headers, 'if-none-match')?.includes(etag))
    return request.respond({ status: 304, headers: common }, undefined)
  const range = rangeOf(headerValue(headers, 'range'), file.size)
  if (range === 'unsatisfiable')
    return request.respond({ status: 416, headers: ['content-range', `bytes */${file.size}`] }, undefined)
  const { start, end } = range ?? { start: 0, end: file.size }
  const partial = range ? ['content-range', `bytes ${start}-${end - 1}/${file.size}`] : []
  const head = { status: range ? 206 : 200, headers: [...common, ...partial] }
  if (method === 'HEAD')
    return request.respond(
      { ...head, headers: [...head.headers, 'content-length', String(end - start)] },
      undefined,
    )
  await send(files.content(file, { start, end }), head, end - start, request)
}

async function send(
  opening: ReturnType<BlobStore['get']>,
  head: { status: number; headers: string[] },
  size: number,
  request: RunningRequest,
): Promise<void> {
  const content = await opening
  if (size <= WHOLE_BYTES) {
    const parts: Uint8Array[] = []
    for await (const chunk of content) parts.push(chunk)
    const whole = Buffer.concat(parts)
    return request.respond(
      head,
      whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.byteLength) as ArrayBuffer,
    )
  }
  request.begin({ ...head, headers: [...head.headers, 'content-length', String(size)] })
  for await (const chunk of content) await request.chunk(chunk)
  request.end()
}

/** One range of bytes; several, or nonsense, are answered with the whole file as RFC 9110 allows. */
function rangeOf(
  header: string | null,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | null {
  const match = header ? /^bytes=(\d*)-(\d*)$/.exec(header.trim()) : null
  if (!match || (match[1] === '' && match[2] === '')) return null
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const end = match[1] === '' || match[2] === '' ? size : Math.min(size, Number(match[2]) + 1)
  return start < end ? { start, end } : 'unsatisfiable'
}
