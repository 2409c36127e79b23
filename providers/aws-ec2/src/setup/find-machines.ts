import { paginateDescribeInstances } from '@aws-sdk/client-ec2'
import { hasTag, TAG, tagValue } from '../machine-tags.ts'
import { vpcs } from './find-setup.ts'
import type { SetupClients } from './setup-clients.ts'
import type { SetupConfig } from './setup-config.ts'

export interface SetupMachine {
  id: string
  /** As the platform calls it; null: it is no machine of a platform. */
  machine: string | null
}

/** All instances in the set-up's network that have not ended, whoever launched them. */
export async function findMachines(where: {
  ec2: SetupClients['ec2']
  setup: Pick<SetupConfig, 'owner' | 'region'>
}): Promise<SetupMachine[]> {
  const ids = await vpcs(where)
  if (ids.length === 0) return []
  const found: SetupMachine[] = []
  const Filters = [{ Name: 'vpc-id', Values: ids }]
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: where.ec2 }, { Filters })) {
    for (const { InstanceId: id = '', Tags, State } of Reservations.flatMap(
      ({ Instances = [] }) => Instances,
    )) {
      if (State?.Name === 'terminated') continue
      const machine = hasTag(Tags, TAG.owner) ? (tagValue(Tags, TAG.machine) ?? null) : null
      found.push({ id, machine })
    }
  }
  return found
}
