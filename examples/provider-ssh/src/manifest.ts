import type { ProviderManifest } from '@openzimki/provider'

/** Machines of one host share its user: nothing but the process is between them. */
export const manifest: ProviderManifest = {
  isolation: 'process',
  // Each is started by setsid.
  hardening: ['process-group'],
  logs: true,
  gracefulStop: true,
  outlivesPlatform: true,
  // Far below what Linux takes (128 KiB for one value).
  maxEnvBytes: 16_384,
}
