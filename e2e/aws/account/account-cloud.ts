import { fileURLToPath } from 'node:url'
import { paginateDescribeInstances, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { TAG, tagValue } from '../../../providers/aws-ec2/src/machine-tags.ts'
import type { AccountRun } from '../../../providers/aws-ec2/src/testing/account/account-run.ts'
import { RUN_TAG } from '../../../providers/aws-ec2/src/testing/account/find-run.ts'
import type { Cloud, CloudInstance } from '../cloud.ts'
import type { DoorAddress } from './budget-door.ts'

export interface AccountCloudOptions {
  folder: string
  agentsAddress: string
  door: DoorAddress
}

const BUDGETED = fileURLToPath(new URL('budgeted', import.meta.url))
/** Boot, the agent from S3, and a spot market that may lack a type at first. */
const PATIENCE_MS = 300_000
const REFRESH_MS = 2_000

/** EC2 and S3 of an account, with the set-up of a run. What is left at the end is the run's to remove. */
export function accountCloud(run: AccountRun, { folder, agentsAddress, door }: AccountCloudOptions): Cloud {
  const { clients, config, blobs, name: runName } = run
  const { owner: _, ...ec2 } = config
  const { url, sha256 } = config.bundle ?? { url: '', sha256: '' }
  const Bucket = new URL(blobs).hostname
  return {
    ...{ folder, agentsAddress, provider: BUDGETED, patienceMs: PATIENCE_MS, promisedAnswerMs: null },
    config: { door, ec2: { ...ec2, refreshMs: REFRESH_MS, bundle: { url, sha256 } } },
    blobsOf: (name) => blobs.replace('/blobs?', `/blobs/${name}?`),
    instances: () => instancesOf(clients.ec2, runName),
    // AWS takes spot instances back when it wants to.
    interrupt: null,
    terminate: async (instances) => {
      await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [...instances] }))
    },
    countBlobs: async () =>
      (await clients.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'blobs/platform/' }))).KeyCount ?? 0,
    takeDown: async () => [],
    close: async () => undefined,
  }
}

async function instancesOf(client: AccountRun['clients']['ec2'], run: string): Promise<CloudInstance[]> {
  const Filters = [{ Name: `tag:${RUN_TAG}`, Values: [run] }]
  const found: CloudInstance[] = []
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters })) {
    for (const { InstanceId: id = '', Tags, State, LaunchTime } of Reservations.flatMap(
      ({ Instances = [] }) => Instances,
    ))
      found.push({
        ...{ id, running: State?.Name === 'running', launchedMs: LaunchTime?.getTime() ?? 0 },
        ...{ owner: tagValue(Tags, TAG.owner) ?? '', machine: tagValue(Tags, TAG.machine) ?? '' },
      })
  }
  return found
}
