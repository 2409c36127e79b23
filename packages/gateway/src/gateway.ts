import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHead } from '@openzimki/core'
import type { CellEndpoint } from '@openzimki/placement'
import type { Invoked } from './invocation.ts'

/** The request path: what a client asks finds its realm, and the realm's cell. */
export interface Gateway {
  /** Serves a request of a server of somebody else's making. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /**
   * Sends a request into a realm for the platform itself, with any `op`; clients can only ever make `http`. Errors: the
   * cell's, NOT_FOUND, QUARANTINED (the realm is refused), LIMIT_EXCEEDED, TIMEOUT, and those of the routes' `demand`.
   */
  invoke(head: RequestHead, body: Uint8Array): Promise<Invoked>
  /** Opens the link to a cell ahead, for the first request that is sent into it. What fails is tried again then. */
  greet(cell: CellEndpoint): void
  /** Port 0: any free one. Errors: ALREADY_EXISTS (it is taken), UNAVAILABLE. */
  listen(address: { host: string; port: number }): Promise<{ port: number }>
  stats(): GatewayStats
  /** Takes no new requests, lets the present ones end for `drainMs`, then closes everything. */
  close(): Promise<void>
}

export interface GatewayStats {
  /** Requests to realms that are under way, those of `invoke` included. */
  active: number
  /** Requests that reached a realm, ever. */
  total: number
  /** Realms with a request under way. */
  realms: number
  /** Cells with an open link. */
  cells: number
}
