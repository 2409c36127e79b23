import type { ProviderManifest } from '@openzimki/provider'

/**
 * A machine is a virtual machine of its own. What its agent does for its cells beyond that stands in the unit that starts it
 * (boot/machine-unit.ts), and is not claimed here: an image of the operator's may start it otherwise.
 */
export const ec2Manifest = (logs: boolean): ProviderManifest => ({
  isolation: 'vm',
  hardening: [],
  logs,
  gracefulStop: true,
  outlivesPlatform: true,
  // User data takes 16 KiB. Of an environment that cannot be compressed this leaves room for the script that carries it.
  maxEnvBytes: 8 * 1024,
})
