/** What opens a stream from gateway to cell. JSON in the link's head; header names are lower case. */
export interface RequestHead {
  /** `http`: a request from outside. `eval`, `test`: asked for by control alone, never reachable from a socket. */
  op: 'http' | 'eval' | 'test'
  /** UUID of the request; shown to people on error pages. */
  id: string
  realm: string
  deployment: string
  /** API key (UUID) and alias of the entry point. */
  key: string
  alias: string | null
  /** Link prefix of the entry point, without trailing slash: `/u/<key>` or ``. */
  root: string
  method: string
  /** Absolute URL as the client sees it. */
  url: string
  /** Path below the entry point with its leading slash, still percent-encoded, without query. */
  path: string
  /** Query with its `?`, or empty. */
  query: string
  /** name, value, name, value ... as they came. */
  headers: string[]
  /** Remote address of the client. */
  remote: string
  /** The owner's own key in development: error pages may show the stack. */
  debug: boolean
}

/** What the cell answers with; the body follows as stream data. */
export interface ResponseHead {
  status: number
  /** name, value, name, value ... */
  headers: string[]
}
