import { PlatformError } from '@openzimki/core'
import type { Egress } from '../egress-port.ts'

/** Interim: refuses everything until the policy lands. */
export function createEgress(_options: { allow: string[] }): Egress {
  return {
    request: () => Promise.reject(new PlatformError('PERMISSION_DENIED', 'outbound calls are not there yet')),
  }
}
