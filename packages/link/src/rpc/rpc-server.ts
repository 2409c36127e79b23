import type { PlatformError } from '@openzimki/core'
import type { Link, LinkStream } from '../contract.ts'
import { AcceptedCall, type AnyHandler, type ServerState } from './accepted-call.ts'
import type { Method, Params, Result } from './call-map.ts'
import { isCall } from './envelope.ts'
import type { RawResult } from './raw-result.ts'

/** What a handler gets beside its params. */
export interface RpcContext {
  /** Aborted when the caller gave up or its link is gone; `reason` is a PlatformError. */
  readonly signal: AbortSignal
  /** The link the call came by, where the server was told. */
  readonly link: Link | null
  /** Raw body of the call; empty when it has none. To be read once. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Handlers of a table of calls. `rawResult(result, body)` as an answer sends a raw body after the result. */
export type RpcHandlers<Calls> = {
  [M in Method<Calls>]: (
    params: Params<Calls, M>,
    context: RpcContext,
  ) =>
    | Result<Calls, M>
    | RawResult<Result<Calls, M>>
    | Promise<Result<Calls, M> | RawResult<Result<Calls, M>>>
}

export interface RpcServerOptions {
  /** Largest JSON params, else TOO_LARGE. Default 16 MiB. */
  maxBytes?: number
  /** Memory for params that are still arriving, over all calls of this server, else LIMIT_EXCEEDED. Default 128 MiB. */
  maxPendingBytes?: number
  /** Handlers that run at once, those of callers who gave up included, else LIMIT_EXCEEDED. Default 4096. */
  maxRunning?: number
  /** Hears of what handlers throw that is no PlatformError; the caller only learns INTERNAL. */
  onError?: (method: string, error: PlatformError) => void
}

/**
 * Answers calls. The function it returns takes the streams of `link.onStream` and answers false, having done nothing, for one that is no
 * call. Params come from the other side and are not validated here. Make one per link where peers are not trusted, so that its bounds
 * are theirs alone.
 */
export function rpcServer<Calls>(
  handlers: RpcHandlers<Calls>,
  options: RpcServerOptions = {},
): (stream: LinkStream, link?: Link) => boolean {
  const state: ServerState = {
    handlers: handlers as unknown as Record<string, AnyHandler>,
    maxBytes: options.maxBytes ?? 16 * 1024 * 1024,
    maxPendingBytes: options.maxPendingBytes ?? 128 * 1024 * 1024,
    maxRunning: options.maxRunning ?? 4096,
    onError: options.onError ?? null,
    pendingBytes: 0,
    running: 0,
  }
  return (stream, link) => {
    if (!isCall(stream.head)) return false
    const call = new AcceptedCall(state, stream, link ?? null)
    stream.handlers = call
    call.start()
    return true
  }
}
