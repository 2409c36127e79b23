/** A result that is followed by bytes; made by `rawResult`. */
export class RawResult<R> {
  readonly result: R
  readonly body: AsyncIterable<Uint8Array>

  constructor(result: R, body: AsyncIterable<Uint8Array>) {
    this.result = result
    this.body = body
  }
}

/** What a handler returns to send `body` after `result`, as fast as the caller reads it. A throwing source resets the stream. */
export function rawResult<R>(result: R, body: AsyncIterable<Uint8Array>): RawResult<R> {
  return new RawResult(result, body)
}
