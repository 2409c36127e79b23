import { parseArgs } from 'node:util'
import { PlatformError } from '@openzimki/core'
import type { AdapterCommand } from '@openzimki/provider'
import { checkRights } from '../check/check-rights.ts'
import { checkConfig } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { mapError } from '../map-error.ts'

/** `check [--owner NAME]` */
export const checkCommand: AdapterCommand = {
  description: 'ask EC2 for every right that machines need, without doing anything: [--owner NAME]',
  run: async ({ args, config, print }) => {
    const checked = checkConfig(config, readOwner(args))
    const ec2 = openClient(checked)
    try {
      const findings = await checkRights(ec2, checked)
      for (const { level, text } of findings) print(level === 'info' ? text : `${level}: ${text}`)
      const missing = findings.filter(({ level }) => level === 'error').length
      if (missing === 0) return print('nothing is missing')
      throw new PlatformError('PERMISSION_DENIED', `${missing} rights are missing; they are named above`)
    } catch (thrown) {
      throw mapError(thrown)
    } finally {
      ec2.destroy()
    }
  },
}

function readOwner(args: readonly string[]): string {
  try {
    return parseArgs({ args: [...args], options: { owner: { type: 'string' } } }).values.owner ?? 'check'
  } catch (cause) {
    throw new PlatformError('INVALID_ARGUMENT', `check: ${(cause as Error).message}; there is --owner`, {
      cause,
    })
  }
}
