import { gzipSync } from 'node:zlib'
import { PlatformError } from '@openzimki/core'
import type { MachineSpec } from '@openzimki/provider'
import type { CheckedEc2Config } from '../config.ts'
import { bootScript } from './boot-script.ts'

/** What EC2 takes, before base64. */
const MAX_BYTES = 16 * 1024

/**
 * What the machine runs at its first boot, in base64. The same for the same launch, byte for byte, since EC2 compares. Packed only
 * where it would not fit otherwise; cloud-init knows both. INVALID_ARGUMENT: it does not fit.
 */
export function userData(config: CheckedEc2Config, env: MachineSpec['env'], isPrepared = false): string {
  const plain = Buffer.from(bootScript(config, env, isPrepared))
  const bytes = plain.length <= MAX_BYTES ? plain : gzipSync(plain, { level: 9 })
  if (bytes.length <= MAX_BYTES) return bytes.toString('base64')
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `aws-ec2 provider: user data would have ${bytes.length} bytes, and EC2 takes ${MAX_BYTES}: shorten \`command\`, or put it into an image`,
  )
}
