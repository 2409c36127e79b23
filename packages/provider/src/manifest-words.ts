import type { Hardening, ProviderManifest } from './contract.ts'

/** Every word of the contract, for checks of outside data; the types make sure that none is missing or made up. */
export const ISOLATIONS = [
  'process',
  'container',
  'vm',
] as const satisfies readonly ProviderManifest['isolation'][]

export const HARDENINGS = [
  'process-group',
  'unprivileged-user',
  'no-new-privileges',
  'no-capabilities',
  'dies-with-parent',
  'memory-limit',
  'read-only-files',
  'private-network',
] as const satisfies readonly Hardening[]
