import type { AdapterCommand } from '@openzimki/provider'
import { findBelongings, runDestroy } from '../setup/run-destroy.ts'
import { askToGoOn, readSetupOptions, withSetup } from './setup-options.ts'

const WITHIN_MS = 900_000

/** `destroy [--region REGION] [--owner NAME] [--machines] [--blobs] [--yes]` */
export const destroyCommand: AdapterCommand = {
  description:
    'remove all that init made, with --machines and --blobs even while they are there: [--region REGION] [--owner NAME] [--machines] [--blobs] [--yes]',
  run: async (context) => {
    const more = { machines: { type: 'boolean' }, blobs: { type: 'boolean' } } as const
    const given = readSetupOptions('destroy', context.args, more)
    const leave = { withMachines: given.machines === true, withBlobs: given.blobs === true }
    await withSetup(context, given, async (run) => {
      const { print, setup } = run
      const { machines, parts } = await findBelongings(run, leave)
      const proof = `nothing with the tag openzimki:owner=${setup.owner} is left in ${setup.region}: listed were instances, volumes, network interfaces, spot requests, launch templates, security groups, subnets, route tables, internet gateways, VPCs, buckets, roles and instance profiles`
      if (machines.length + parts.length === 0) return print(proof)
      print('This will be removed for good:')
      for (const { id, machine } of machines) print(`  instance ${id} (${machine})`)
      for (const { kind, id } of parts) print(`  ${kind} ${id}`)
      await askToGoOn(context, given, 'Remove it?')
      await runDestroy(run, leave, WITHIN_MS)
      print(proof)
    })
  },
}
