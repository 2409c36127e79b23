import type { Hardening, ProviderManifest } from '@openzimki/provider'

/**
 * A process beside the platform: same kernel, same files, same network. `hardening` is what was found to work here for the
 * cells; the agent itself runs as the platform does.
 */
export function localManifest(hardening: readonly Hardening[]): ProviderManifest {
  return {
    isolation: 'process',
    hardening: [...new Set<Hardening>(['process-group', ...hardening])],
    logs: true,
    gracefulStop: process.platform !== 'win32',
    watch: true,
    outlivesPlatform: true,
    // Linux takes 128 KiB in one string and a quarter of the stack in all (execve(2)).
    maxEnvBytes: 96 * 1024,
    sharesSockets: true,
  }
}
