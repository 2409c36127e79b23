import { defineProperty, stringIndexOf, stringSlice } from '../web/primordials.ts'

/** Where a request came in: the entry point's prefix (`/u/<key>`, or empty on an origin of the realm's own), and what is below it. */
export interface EntryPlace {
  root: string
  /** With its leading slash. */
  path: string
  /** With its `?`, or empty. */
  query: string
}

/**
 * A module routes by the path below its entry point, as it does on an origin of its own; where it is mounted stands in the
 * header that proxies use for that. Done here and not by the host, which would have to write the whole head anew.
 */
export function belowEntry(
  { root, path, query }: EntryPlace,
  url: string,
  headers: string[],
): { url: string; headers: string[] } {
  if (root === '') return { url, headers }
  const origin = stringSlice(url, 0, stringIndexOf(url, '/', stringIndexOf(url, '://') + 3))
  append(headers, 'x-forwarded-prefix')
  append(headers, root)
  return { url: origin + path + query, headers }
}

/** Meets no setter that the program may have put on a prototype. */
function append(list: string[], value: string): void {
  defineProperty(list, list.length, { value, configurable: true, enumerable: true, writable: true })
}
