import { PlatformError } from '@openzimki/core'

/** Errors that a load may end with besides its own. */

/** The cell went away under a load that may be tried again elsewhere. */
export const cellGone = (reason: string): PlatformError =>
  new PlatformError('UNAVAILABLE', `the cell ended while this was being loaded: ${reason}`)

export const loadHarmed = (reason: string): PlatformError =>
  new PlatformError(
    'LIMIT_EXCEEDED',
    `the program brought its process down while it was being loaded: ${reason}. Do less at the top level of the code`,
  )

export const loadTimedOut = (loadMs: number): PlatformError =>
  new PlatformError(
    'TIMEOUT',
    `the program was not loaded within ${loadMs} ms; it is tried anew when asked for again`,
  )

export const draining = (): PlatformError =>
  new PlatformError('UNAVAILABLE', 'this machine is ending and takes no more programs; another one will')
