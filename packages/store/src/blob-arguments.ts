import { isDigest, PlatformError } from '@openzimki/core'

/** INVALID_ARGUMENT for anything but a digest: what comes from outside must not name a place. */
export function checkDigest(digest: string): void {
  if (typeof digest === 'string' && isDigest(digest)) return
  throw new PlatformError('INVALID_ARGUMENT', 'a blob is named by its SHA-256 in lower-case hex')
}

export function checkRange(range: { start?: number; end?: number }): void {
  const { start = 0, end = start } = range
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return
  throw new PlatformError('INVALID_ARGUMENT', 'a range is from start to end (exclusive), in whole bytes')
}

export const noBlob = (digest: string): PlatformError =>
  new PlatformError('NOT_FOUND', `there is no blob ${digest}`, { details: { digest } })

export const otherContent = (is: string, said: string): PlatformError =>
  new PlatformError(
    'INVALID_ARGUMENT',
    `the content is not what its digest says: it is ${is}, not ${said}. Nothing was kept`,
  )

export const tooLong = (maxBytes: number): PlatformError =>
  new PlatformError('TOO_LARGE', `the content has more than ${maxBytes} bytes. Nothing was kept`)
