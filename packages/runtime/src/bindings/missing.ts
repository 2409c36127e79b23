import { PlatformError } from '@openzimki/core'

/** For `catch`: null for what is not there. */
export function missing(error: unknown): null {
  if (error instanceof PlatformError && error.code === 'NOT_FOUND') return null
  throw error
}
