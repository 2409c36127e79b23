import { PlatformError } from '@openzimki/core'
import { errorName, mapError } from '../map-error.ts'

const DENIED = /^(AccessDenied.*|UnauthorizedOperation|Forbidden|AllAccessDisabled)$/

/** As other calls' errors, but for rights, which are others here. */
export function mapSetupError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError || !DENIED.test(errorName(thrown))) return mapError(thrown)
  const { message } = thrown as { message?: unknown }
  return new PlatformError(
    'PERMISSION_DENIED',
    `aws setup: ${errorName(thrown)}: ${String(message).trim()}; these credentials need the rights in providers/aws-ec2/policy/setup.json. What was made is there: run the same command again`,
    { cause: thrown },
  )
}
