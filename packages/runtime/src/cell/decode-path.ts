import { PlatformError, type RequestHead } from '@openzimki/core'

/** The path below the entry point, decoded, without leading slashes: people write them twice when they join an address and a path. */
export function decodePath({ path }: RequestHead): string {
  const raw = path.replace(/^\/+/, '')
  try {
    return decodeURIComponent(raw)
  } catch {
    throw new PlatformError('INVALID_ARGUMENT', 'the path is not valid percent-encoded UTF-8')
  }
}
