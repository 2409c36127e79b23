import type { Readable, Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { PlatformError } from '@openzimki/core'

const DECODERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

export const ACCEPTED_ENCODINGS = 'gzip, deflate, br'

/**
 * The body of an answer, without its content encoding. `take(bytes)` is told of every piece of the result before it is kept, and
 * may throw to stop. Errors: UNAVAILABLE for an encoding that is broken; what `take` and the stream throw.
 */
export async function readBody(
  stream: Readable,
  contentEncoding: string,
  take: (bytes: number) => void,
): Promise<Uint8Array> {
  const encoding = contentEncoding.trim().toLowerCase()
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined
  if (!decoder) return collect(stream, take)
  stream.once('error', (error) => decoder.destroy(error))
  stream.pipe(decoder)
  try {
    return await collect(decoder, take)
  } catch (error) {
    throw isZlibError(error)
      ? new PlatformError('UNAVAILABLE', `the answer is not ${encoding}, though it says so`, { cause: error })
      : error
  } finally {
    decoder.destroy()
    stream.destroy()
  }
}

async function collect(stream: Readable, take: (bytes: number) => void): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    take(chunk.length)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const isZlibError = (error: unknown): boolean =>
  /^(?:Z_|ERR_BROTLI|ERR__ERROR)/.test(String((Object(error) as { code?: unknown }).code ?? ''))
