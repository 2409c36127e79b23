/** The closed set of this contract. Anything else an adapter throws becomes INTERNAL. */
export const PROVIDER_ERROR_CODES = [
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'INVALID_ARGUMENT',
  'NO_CAPACITY',
  'QUOTA_EXCEEDED',
  'PERMISSION_DENIED',
  'UNSUPPORTED',
  'TIMEOUT',
  'CANCELLED',
  'INTERNAL',
] as const
