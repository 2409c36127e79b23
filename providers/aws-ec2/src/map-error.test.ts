import { describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { mapError } from './map-error.ts'

const thrown = (name: string, message = 'as EC2 says') => Object.assign(new Error(message), { name })

describe('mapError', () => {
  it.each([
    ['InsufficientInstanceCapacity', 'NO_CAPACITY'],
    ['SpotMaxPriceTooLow', 'NO_CAPACITY'],
    ['Unsupported', 'NO_CAPACITY'],
    ['VcpuLimitExceeded', 'QUOTA_EXCEEDED'],
    ['MaxSpotInstanceCountExceeded', 'QUOTA_EXCEEDED'],
    ['RequestLimitExceeded', 'TIMEOUT'],
    ['Throttling', 'TIMEOUT'],
    ['UnauthorizedOperation', 'PERMISSION_DENIED'],
    ['CredentialsProviderError', 'PERMISSION_DENIED'],
    ['InvalidAMIID.NotFound', 'INVALID_ARGUMENT'],
    ['IdempotentParameterMismatch', 'ALREADY_EXISTS'],
    ['IdempotentInstanceTerminated', 'ALREADY_EXISTS'],
    ['InvalidInstanceID.NotFound', 'NOT_FOUND'],
    ['InternalError', 'TIMEOUT'],
    ['SomethingNew', 'INTERNAL'],
    ['AbortError', 'CANCELLED'],
  ])('%s is %s', (name, code) => {
    expect(mapError(thrown(name)).code).toBe(code)
  })

  it('says what EC2 said and what to do', () => {
    expect(mapError(thrown('UnauthorizedOperation')).message).toMatch(/as EC2 says.*check.*missing/)
  })

  it('leaves ours alone', () => {
    const ours = new PlatformError('NOT_FOUND', 'x')
    expect(mapError(ours)).toBe(ours)
  })
})
