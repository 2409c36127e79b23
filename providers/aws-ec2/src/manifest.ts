import type { ProviderManifest } from '@openzimki/provider'
import type { CheckedEc2Config } from './config.ts'

/**
 * A machine is a virtual machine of its own. What its agent does for its cells beyond that stands in the unit that starts it
 * (boot/machine-unit.ts), and is not claimed here: an image of the operator's may start it otherwise.
 */
export const ec2Manifest = ({
  console,
  sizes,
}: Pick<CheckedEc2Config, 'console' | 'sizes'>): ProviderManifest => ({
  isolation: 'vm',
  hardening: [],
  logs: console,
  gracefulStop: true,
  outlivesPlatform: true,
  // What an instance said last tells one that is prepared from one that gave up; and one on the spot market cannot be started again.
  preparesMachines: console && Object.values(sizes).some(({ market }) => market !== 'spot'),
  // User data takes 16 KiB. Of an environment that cannot be compressed this leaves room for the script that carries it.
  maxEnvBytes: 8 * 1024,
})
