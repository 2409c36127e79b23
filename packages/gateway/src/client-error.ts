import { PlatformError } from '@openzimki/core'

/** What of an error a stranger may read: what is ours, or the owner's, to know is replaced; its code mostly stays. */
export function forClients(error: PlatformError): PlatformError {
  if (error.code === 'INTERNAL') {
    return new PlatformError(
      'INTERNAL',
      'Something failed on our side. Try again; if it stays, tell the operator the id of this request.',
    )
  }
  if (error.code === 'PROTOCOL') {
    return new PlatformError(
      'PROTOCOL',
      'The application answered in a way that cannot be passed on. Tell its owner the id of this request.',
    )
  }
  if (error.code === 'CANCELLED')
    return new PlatformError('UNAVAILABLE', 'The request was given up. Try again.')
  return error
}

/** The cell reset a request, or died, before its answer. 502, because what was begun there may have had effects. */
export const cellGone = (): PlatformError =>
  new PlatformError('PROTOCOL', 'The application went away before it answered. Try again.', {
    details: { gone: true },
  })

/** Why a realm's code does not load is its owner's to know. */
export function loadFailure(error: PlatformError, debug: boolean): PlatformError {
  if (error.code !== 'SCRIPT_ERROR' || debug) return error
  return new PlatformError(
    'SCRIPT_ERROR',
    'The application cannot be started; its owner finds the reason in its log.',
  )
}

export const tooSlow = (wallMs: number): PlatformError =>
  new PlatformError('TIMEOUT', `The application did not answer within its limit of ${wallMs} ms (wallMs).`, {
    details: { limit: 'wallMs' },
  })

/** For a body that is, or proves to be, larger than the realm takes. */
export const requestTooLarge = (requestBytes: number): PlatformError =>
  new PlatformError(
    'TOO_LARGE',
    `The body of the request is larger than the application's limit of ${requestBytes} bytes (requestBytes).`,
    { details: { limit: 'requestBytes' } },
  )
