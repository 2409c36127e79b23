/** HTTP statuses that differ from 400 (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html). */
const STATUS: Record<string, number> = {
  AuthFailure: 401,
  DryRunOperation: 412,
  InsufficientInstanceCapacity: 500,
  InternalError: 500,
  MissingAuthenticationToken: 403,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Unavailable: 503,
  UnauthorizedOperation: 403,
}

/** What EC2 refuses with: its own code and words, which clients read. */
export class Ec2Error extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = STATUS[code] ?? 400) {
    super(message)
    this.name = 'Ec2Error'
    this.code = code
    this.status = status
  }
}
