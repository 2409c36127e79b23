import { PlatformError } from '@openzimki/core'
import type { Link } from '../contract.ts'
import type { Method, Params, Result } from './call-map.ts'
import { encodeCall, encodeRawCall } from './envelope.ts'
import { type CallOptions, cancelled, PendingCall } from './pending-call.ts'

/**
 * Calls a method of the other side. Rejects with the PlatformError that its handler threw, and with UNAVAILABLE (the link is
 * gone), LIMIT_EXCEEDED (its streams are used up), TIMEOUT, CANCELLED, TOO_LARGE (the answer), PROTOCOL (no answer at all).
 */
export async function rpcCall<Calls, M extends Method<Calls>>(
  link: Link,
  method: M,
  params: Params<Calls, M>,
  options: CallOptions = {},
): Promise<Result<Calls, M>> {
  if (options.signal?.aborted) throw cancelled(method, options.signal)
  const pending = new PendingCall(method, options)
  const { head, body } = encodeCall(method, params)
  pending.start(
    link.open(head, body === null ? { end: true, handlers: pending } : { body, handlers: pending }),
  )
  return (await pending.answer).result as Result<Calls, M>
}

/** `rpcCall` bound to a link, so that only the table of calls has to be named: `rpcClient<AgentCalls>(link)('cell.list', null)`. */
export type RpcClient<Calls> = <M extends Method<Calls>>(
  method: M,
  params: Params<Calls, M>,
  options?: CallOptions,
) => Promise<Result<Calls, M>>

export function rpcClient<Calls>(link: Link): RpcClient<Calls> {
  return (method, params, options) => rpcCall<Calls, typeof method>(link, method, params, options)
}

export interface StreamOptions extends CallOptions {
  /** Raw body of the call, sent as the other side takes it. */
  body?: AsyncIterable<Uint8Array>
}

/**
 * A call with a raw body, either way. Resolves at the head of the answer; `body` is then read as it arrives, and leaving its loop
 * early tells the other side. An answer without a raw body has an empty one. `timeoutMs` counts until the head. Errors as rpcCall;
 * what the source of the body throws becomes the call's error.
 */
export async function rpcStream<Calls, M extends Method<Calls>>(
  link: Link,
  method: M,
  params: Params<Calls, M>,
  options: StreamOptions = {},
): Promise<{ result: Result<Calls, M>; body: AsyncIterable<Uint8Array> }> {
  if (options.signal?.aborted) throw cancelled(method, options.signal)
  const pending = new PendingCall(method, options)
  if (options.body === undefined) {
    const { head, body } = encodeCall(method, params)
    pending.start(
      link.open(head, body === null ? { end: true, handlers: pending } : { body, handlers: pending }),
    )
  } else {
    const stream = link.open(encodeRawCall(method, params), { handlers: pending })
    pending.start(stream)
    pending.outgoing
      .send(stream, options.body)
      .catch((thrown: unknown) => pending.giveUp(PlatformError.from(thrown)))
  }
  return (await pending.answer) as { result: Result<Calls, M>; body: AsyncIterable<Uint8Array> }
}
