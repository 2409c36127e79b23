/** What one realm may use. Every number is enforced; the error that a program meets names the limit by its key here. */
export interface RealmLimits {
  /** CPU milliseconds one request may burn inside its isolate; what runs without a pause is stopped by a clock that allows for a busy host (ADR 17). */
  cpuMs: number
  /** Wall milliseconds until a request is answered, waiting included. */
  wallMs: number
  /** Megabytes of memory of one isolate. */
  memoryMb: number
  /** Bytes of a request body. */
  requestBytes: number
  /** Bytes of a response body. */
  responseBytes: number
  /** Requests of one realm that run or wait at once; further ones are answered 503 at once. */
  concurrency: number
  /** Outbound calls one request may make. */
  remoteCalls: number
}

export const DEFAULT_LIMITS: RealmLimits = {
  cpuMs: 1_000,
  wallMs: 30_000,
  memoryMb: 128,
  requestBytes: 16 * 1024 * 1024,
  responseBytes: 64 * 1024 * 1024,
  concurrency: 256,
  remoteCalls: 50,
}
