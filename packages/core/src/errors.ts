/**
 * The closed table of error codes. Every error that crosses a package border is a PlatformError with one of these.
 * `http` is the status a client of the gateway or the API sees; `retry` says whether the same call may succeed later.
 */
export const ERROR_CODES = {
  NOT_FOUND: { http: 404, retry: false },
  ALREADY_EXISTS: { http: 409, retry: false },
  INVALID_ARGUMENT: { http: 400, retry: false },
  UNAUTHENTICATED: { http: 401, retry: false },
  PERMISSION_DENIED: { http: 403, retry: false },
  CONFLICT: { http: 409, retry: true },
  FENCED: { http: 409, retry: false },
  TOO_LARGE: { http: 413, retry: false },
  LIMIT_EXCEEDED: { http: 503, retry: true },
  QUOTA_EXCEEDED: { http: 429, retry: true },
  NO_CAPACITY: { http: 503, retry: true },
  QUARANTINED: { http: 503, retry: false },
  UNAVAILABLE: { http: 503, retry: true },
  TIMEOUT: { http: 504, retry: true },
  CANCELLED: { http: 499, retry: false },
  UNSUPPORTED: { http: 501, retry: false },
  PROTOCOL: { http: 502, retry: false },
  SCRIPT_ERROR: { http: 500, retry: false },
  INTERNAL: { http: 500, retry: true },
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** What crosses a process border in place of an Error. */
export interface ErrorShape {
  code: ErrorCode
  message: string
  details?: Record<string, unknown>
}

/**
 * The one error class. `message` is for a person: what happened, why, and what to do next.
 * `details` is for programs: plain JSON, never a secret.
 */
export class PlatformError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown>

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PlatformError'
    this.code = code
    this.details = options.details ?? {}
  }

  /** HTTP status for this code. */
  get httpStatus(): number {
    return ERROR_CODES[this.code].http
  }

  /** Wraps whatever was thrown; a PlatformError passes unchanged, so wrapping twice is harmless. */
  static from(thrown: unknown, fallback: ErrorCode = 'INTERNAL'): PlatformError {
    if (thrown instanceof PlatformError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new PlatformError(fallback, message, { cause: thrown })
  }

  toJSON(): ErrorShape {
    return { code: this.code, message: this.message, details: this.details }
  }

  /** Rebuilds an error from the other side of a border; an unknown code becomes INTERNAL. */
  static fromJSON(shape: { code?: unknown; message?: unknown; details?: unknown }): PlatformError {
    const known = typeof shape.code === 'string' && Object.hasOwn(ERROR_CODES, shape.code)
    const details = shape.details && typeof shape.details === 'object' ? shape.details : {}
    return new PlatformError(
      known ? (shape.code as ErrorCode) : 'INTERNAL',
      String(shape.message ?? 'unknown error'),
      {
        details: details as Record<string, unknown>,
      },
    )
  }
}
