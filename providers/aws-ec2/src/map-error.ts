import { type ErrorCode, PlatformError } from '@openzimki/core'

interface Rule {
  when: RegExp
  code: ErrorCode
  todo: string
}

/** What EC2 lacks here and now and may have elsewhere: another type or zone is tried. */
const NO_CAPACITY =
  /^(Insufficient(Instance|Host|Reserved.*|Address)?Capacity|InsufficientFreeAddressesInSubnet|InsufficientCapacity|SpotMaxPriceTooLow|CapacityNotAvailable|UnfulfillableCapacity)$/
const NOT_HERE = /^(Unsupported|UnsupportedHibernationConfiguration|InstanceTypeNotSupported)$/
const QUOTA =
  /^(MaxSpotInstanceCountExceeded|MaxSpotFleetRequestCountExceeded|VcpuLimitExceeded|InstanceLimitExceeded|VolumeLimitExceeded|MaxIOPSLimitExceeded|SecurityGroupLimitExceeded|NetworkInterfaceLimitExceeded|.*LimitExceeded)$/

/** By the code of EC2's answer. First match wins. */
const RULES: Rule[] = [
  {
    when: /^(RequestLimitExceeded|Throttling.*|TooManyRequests.*|Client\.RequestLimitExceeded)$/,
    code: 'TIMEOUT',
    todo: 'EC2 takes fewer calls than are made; wait, or ask AWS for a higher rate',
  },
  {
    when: NO_CAPACITY,
    code: 'NO_CAPACITY',
    todo: 'give the size more types or zones, or wait until AWS has room',
  },
  {
    when: NOT_HERE,
    code: 'NO_CAPACITY',
    todo: 'this type cannot be had in this zone; give the size other types or zones',
  },
  { when: QUOTA, code: 'QUOTA_EXCEEDED', todo: 'ask AWS for a higher quota (Service Quotas, Amazon EC2)' },
  {
    when: /^(UnauthorizedOperation|AuthFailure|AccessDenied.*|OptInRequired|PendingVerification|Blocked|UnrecognizedClient.*|InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken.*|CredentialsProviderError|InvalidAccessKeyId)$/,
    code: 'PERMISSION_DENIED',
    todo: '`zimki provider run aws-ec2 check` says which right is missing',
  },
  {
    when: /^(InvalidAMI.*|InvalidParameter.*|InvalidSubnet.*|InvalidGroup.*|InvalidBlockDeviceMapping|InvalidKey.*|MissingParameter|ValidationError|InvalidUserData.*|InvalidLaunchTemplate.*|InvalidSecurityGroup.*|InvalidVpcID.*|Invalid(Interface)?Type|InvalidInstanceType|VPCIdNotSpecified|NoDefaultVpc.*|MissingInput)$/,
    code: 'INVALID_ARGUMENT',
    todo: 'mend the setting of the provider that this names',
  },
  {
    when: /^(IdempotentParameterMismatch|IdempotentInstanceTerminated)$/,
    code: 'ALREADY_EXISTS',
    todo: 'launch under a new id, or destroy the first machine and wait an hour',
  },
  { when: /NotFound(Exception)?$|\.Malformed$/, code: 'NOT_FOUND', todo: 'it is gone, or was never made' },
  {
    when: /^(UnsupportedOperation|IncorrectSpotRequestState|UnknownParameter|InvalidAction)$/,
    code: 'UNSUPPORTED',
    todo: 'see what EC2 says',
  },
  {
    when: /^(TimeoutError|RequestTimeout|RequestExpired|Unavailable|ServiceUnavailable|InternalError|InternalFailure|ServerInternal)$/,
    code: 'TIMEOUT',
    todo: 'EC2 does not answer well; try again, and look at the AWS Health Dashboard',
  },
]

const NO_ANSWER = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'EHOSTUNREACH', 'EPIPE'])

/** Errors of the SDK and of EC2 behind it in our codes; a PlatformError passes unchanged. */
export function mapError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const name = errorName(thrown)
  if (name === 'AbortError') return new PlatformError('CANCELLED', 'cancelled', { cause: thrown })
  const rule = RULES.find(({ when }) => when.test(name))
  if (rule) return mapped(rule.code, thrown, rule.todo)
  const { code } = (thrown ?? {}) as { code?: unknown }
  if (NO_ANSWER.has(String(code)))
    return mapped('INTERNAL', thrown, 'EC2 cannot be reached: look at the network, and at `endpoint`')
  return mapped('INTERNAL', thrown, 'try again; the request id is for AWS support')
}

/** The code of EC2's answer (`InsufficientInstanceCapacity`), or the name of what the SDK threw. */
export function errorName(thrown: unknown): string {
  const { name } = (thrown ?? {}) as { name?: unknown }
  return typeof name === 'string' ? name : 'Error'
}

/** Here this cannot be had, and elsewhere it may. */
export function isLackOfRoom(thrown: unknown): boolean {
  const name = errorName(thrown)
  return NO_CAPACITY.test(name) || NOT_HERE.test(name) || isQuota(thrown)
}

/** Quotas are by family of types and by market, so another type may still do. */
export const isQuota = (thrown: unknown): boolean =>
  errorName(thrown) !== 'RequestLimitExceeded' && QUOTA.test(errorName(thrown))

/** Gives `instead` when EC2 answers with one of these codes. */
export async function codeAs<T, U>(work: Promise<T>, codes: RegExp, instead: U): Promise<T | U> {
  try {
    return await work
  } catch (thrown) {
    if (codes.test(errorName(thrown))) return instead
    throw thrown
  }
}

function mapped(code: ErrorCode, thrown: unknown, todo: string): PlatformError {
  const { message, $metadata } = (thrown ?? {}) as { message?: unknown; $metadata?: { requestId?: string } }
  const request = $metadata?.requestId ? ` (request ${$metadata.requestId})` : ''
  const what = typeof message === 'string' && message !== '' ? message : String(thrown)
  return new PlatformError(
    code,
    `aws-ec2 provider: ${errorName(thrown)}: ${what.trim()}${request}; ${todo}`,
    {
      cause: thrown,
    },
  )
}
