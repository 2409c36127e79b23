/** Codes of the envelope `<rsp stat="fail">` that this package gives by itself. */
export const FROODY_CODES = {
  noSuchMethod: 'froody.invoke.nosuchmethod',
  param: 'perl.methodcall.param',
  method: 'perl.methodcall',
  noSuchErrorType: 'froody.error.notfound.errortype',
} as const

/** An error that is shown to the caller of a service: `code` is dotted words, `data` may say more. */
export class FroodyError extends Error {
  readonly code: string
  readonly data: unknown

  constructor(code: string, message: string, data?: unknown) {
    super(message)
    this.name = 'FroodyError'
    this.code = code
    this.data = data
  }
}
