import { PlatformError } from '@openzimki/core'

/** What a request asks for, as the client wrote it. */
export interface RequestTarget {
  /** Host and port. */
  authority: string
  path: string
  /** With its `?`, or empty. */
  query: string
}

const ABSOLUTE = /^https?:\/\/([^/?#@]+)((?:[/?].*)?)$/i

/**
 * Reads the request line's target: a path, or the whole URL as clients of proxies write it, whose host then counts and not that of
 * the Host header (RFC 9112, 3.2.2). Throws INVALID_ARGUMENT for anything else.
 */
export function readTarget(url: string, host: string): RequestTarget {
  let authority = host
  let rest = url
  if (!url.startsWith('/')) {
    const absolute = ABSOLUTE.exec(url)
    if (absolute === null) throw new PlatformError('INVALID_ARGUMENT', 'The request asks for no path.')
    authority = absolute[1] as string
    rest = absolute[2] as string
    if (!rest.startsWith('/')) rest = `/${rest}`
  }
  const mark = rest.indexOf('?')
  if (mark === -1) return { authority, path: rest, query: '' }
  return { authority, path: rest.slice(0, mark), query: rest.slice(mark) }
}
