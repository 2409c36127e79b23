import { parseArgs } from 'node:util'
import { PlatformError } from '@openzimki/core'
import type { AdapterCommand } from '@openzimki/provider'
import { checkConfig } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { mapError } from '../map-error.ts'
import { findResources } from '../sweep/find-resources.ts'
import { sweepAll } from '../sweep/sweep.ts'

const WITHIN_MS = 600_000

/** `sweep --owner NAME [--remove]` */
export const sweepCommand: AdapterCommand = {
  description:
    'list all that a platform has at EC2, and with --remove end and remove it: --owner NAME [--remove]',
  run: async ({ args, config, print, signal }) => {
    const { owner, remove } = readOptions(args)
    const ec2 = openClient(checkConfig(config, owner))
    try {
      const there = await findResources(ec2, owner)
      for (const { kind, id, machine } of there)
        print(`${kind} ${id}${machine === null ? '' : ` of ${machine}`}`)
      if (there.length === 0) print(`there is nothing of ${owner}`)
      if (!remove || there.length === 0) return
      const onRemoved = ({ kind, id }: { kind: string; id: string }) => print(`removed ${kind} ${id}`)
      await sweepAll({ ec2, owner, signal, withinMs: WITHIN_MS, onRemoved })
      print(`nothing of ${owner} is left`)
    } catch (thrown) {
      throw mapError(thrown)
    } finally {
      ec2.destroy()
    }
  },
}

function readOptions(args: readonly string[]): { owner: string; remove: boolean } {
  try {
    const options = { owner: { type: 'string' }, remove: { type: 'boolean', default: false } } as const
    const { owner, remove } = parseArgs({ args: [...args], options }).values
    if (owner !== undefined && owner !== '') return { owner, remove }
  } catch (cause) {
    throw new PlatformError('INVALID_ARGUMENT', `sweep: ${(cause as Error).message}`, { cause })
  }
  throw new PlatformError(
    'INVALID_ARGUMENT',
    'sweep: whose? Name the platform with --owner; its machines bear it in the tag openzimki:owner',
  )
}
