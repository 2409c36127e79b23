import { createHash } from 'node:crypto'
import { canonicalJson } from '@openzimki/core'
import type { MachineSpec } from './contract.ts'

/**
 * SHA-256 (hex) of a spec: two specs are the same when this is. Safe to keep as a tag, since the environment, which may
 * hold secrets of high entropy, cannot be read back from it.
 */
export function specFingerprint(spec: MachineSpec): string {
  const { id, size, zone, env, prepared = false } = spec
  // Only where it is so: fingerprints that machines bear already stay what they are.
  const parts = prepared ? { id, size, zone, env, prepared } : { id, size, zone, env }
  return createHash('sha256').update(canonicalJson(parts)).digest('hex')
}
