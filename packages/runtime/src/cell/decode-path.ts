import { PlatformError, type RequestHead } from '@openzimki/core'

/** The path below the entry point, decoded, without leading slash. */
export function decodePath({ path }: RequestHead): string {
  const raw = path.startsWith('/') ? path.slice(1) : path
  try {
    return decodeURIComponent(raw)
  } catch {
    throw new PlatformError('INVALID_ARGUMENT', 'the path is not valid percent-encoded UTF-8')
  }
}
