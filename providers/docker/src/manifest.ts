import type { ProviderManifest } from '@openzimki/provider'

/**
 * What every machine has, whatever the engine: one that cannot give all of it refuses to make the container, or warns, and
 * then the launch is undone (launch-container.ts).
 */
export const dockerManifest: ProviderManifest = {
  isolation: 'container',
  hardening: [
    'process-group',
    'no-new-privileges',
    'no-capabilities',
    'dies-with-parent',
    'memory-limit',
    'read-only-files',
    'private-network',
  ],
  logs: true,
  gracefulStop: true,
  watch: true,
  outlivesPlatform: true,
  // execve(2) takes 128 KiB in one string and a quarter of the stack in all.
  maxEnvBytes: 96 * 1024,
}

/**
 * Its managers tell of services, and of containers on their own node alone, so it cannot be watched. A Swarm takes no word on new privileges from engines before 25, and lets nobody choose how
 * long an end may take.
 */
export const swarmManifest: ProviderManifest = {
  ...dockerManifest,
  watch: false,
  hardening: dockerManifest.hardening.filter((word) => word !== 'no-new-privileges'),
  restartsMachines: true,
}
