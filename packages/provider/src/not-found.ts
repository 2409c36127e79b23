import { PlatformError } from '@openzimki/core'

export function notFound(id: string): PlatformError {
  return new PlatformError(
    'NOT_FOUND',
    `there is no machine ${id} of this owner: it was never launched, or is destroyed`,
  )
}
