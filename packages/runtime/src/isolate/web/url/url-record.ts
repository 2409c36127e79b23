/** https://url.spec.whatwg.org/#concept-url. `path` is a string where it is opaque; `host` is serialized. */
export interface UrlRecord {
  scheme: string
  username: string
  password: string
  host: string | null
  port: number | null
  path: string[] | string
  query: string | null
  fragment: string | null
}

/** The special schemes and their default ports. */
const DEFAULT_PORTS: Record<string, number | null> = {
  __proto__: null as never,
  ftp: 21,
  file: null,
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
}

export const isSpecial = (scheme: string): boolean => scheme in DEFAULT_PORTS
export const defaultPort = (scheme: string): number | null => DEFAULT_PORTS[scheme] ?? null

/** No user name, password or port may be given to such a URL. */
export const cannotHaveCredentials = (url: UrlRecord): boolean =>
  url.host === null || url.host === '' || url.scheme === 'file'

export function serializePath(url: UrlRecord): string {
  if (typeof url.path === 'string') return url.path
  return url.path.length === 0 ? '' : `/${url.path.join('/')}`
}

export const serializeHost = (url: UrlRecord): string =>
  url.port === null ? (url.host ?? '') : `${url.host}:${url.port}`

export function serializeUrl(url: UrlRecord): string {
  let text = `${url.scheme}:`
  if (url.host !== null) {
    const password = url.password === '' ? '' : `:${url.password}`
    const credentials = url.username === '' && password === '' ? '' : `${url.username}${password}@`
    text += `//${credentials}${serializeHost(url)}`
  } else if (Array.isArray(url.path) && url.path.length > 1 && url.path[0] === '') text += '/.'
  text += serializePath(url)
  if (url.query !== null) text += `?${url.query}`
  return url.fragment === null ? text : `${text}#${url.fragment}`
}
