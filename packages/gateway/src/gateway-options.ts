import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@openzimki/core'
import type { Link } from '@openzimki/link'
import type { RouteSource } from '@openzimki/placement'

/** For the operator; never holds a secret or a customer's data. */
export type GatewayLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  details?: Record<string, unknown>,
) => void

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void

/** What the platform itself serves, on hosts that are no realm's own. */
export interface ReservedPrefix {
  /** With both slashes, such as `/api/`. */
  prefix: string
  handle: HttpHandler
}

export interface GatewayOptions {
  routes: RouteSource
  clock: Clock
  log: GatewayLog
  /** How a cell is reached; default: connectLink. */
  connect?: (address: string) => Promise<Link>
  reserved?: ReservedPrefix[]
  /** Serves what is neither a realm's nor reserved; default: a plain 404 page. */
  fallback?: HttpHandler
  /** Whether `X-Forwarded-For` and `-Proto` of this peer are believed; default: of nobody. */
  trustProxy?: (remoteAddress: string) => boolean
  /** Random bits for the ids of requests; default: node's. */
  randomUUID?: () => string
  bounds?: Partial<GatewayBounds>
}

/** What clients may cost. The realm's own limits come from the route snapshot. */
export interface GatewayBounds {
  maxConnections: number
  /** All headers of a request together; beyond it 431. */
  headerBytes: number
  /** Headers of a request; beyond it 431. */
  headerCount: number
  /** From a connection's first byte to the end of its headers; beyond it 408. */
  headersTimeoutMs: number
  /** From the first byte of a request to the end of its body; beyond it 408. */
  requestTimeoutMs: number
  /** A connection without a request is closed after this. */
  keepAliveMs: number
  requestsPerConnection: number
  /** A client that takes nothing of an answer that waits for it is cut off after this. */
  stallMs: number
  /** An answer in which nothing happens at all is cut off after this. */
  silenceMs: number
  /** A client that still sends a body which nobody wants is cut off after this. */
  lingerMs: number
  /** On top of the realm's wallMs, so that the cell, which knows more, speaks first. */
  graceMs: number
  /** After a cell has gone, how long to wait until the routes know. */
  rerouteMs: number
  /** For `invoke`, until the answer is complete. */
  invokeMs: number
  /** `close` waits this long for requests to end. */
  drainMs: number
}

export const GATEWAY_DEFAULTS: GatewayBounds = {
  maxConnections: 16_384,
  headerBytes: 32 * 1024,
  headerCount: 200,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  keepAliveMs: 15_000,
  requestsPerConnection: 100_000,
  stallMs: 30_000,
  silenceMs: 300_000,
  lingerMs: 2_000,
  graceMs: 250,
  rerouteMs: 1_000,
  invokeMs: 300_000,
  drainMs: 10_000,
}
