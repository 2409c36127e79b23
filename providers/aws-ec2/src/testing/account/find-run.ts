import { type EC2Client, paginateDescribeInstances, paginateDescribeTags } from '@aws-sdk/client-ec2'
import { type IAMClient, ListRoleTagsCommand, paginateListRoles } from '@aws-sdk/client-iam'
import { paginateListBuckets } from '@aws-sdk/client-s3'
import { tagValue } from '../../machine-tags.ts'
import { bucketTags } from '../../setup/ensure-bucket.ts'
import { findSetup, SETUP_KINDS } from '../../setup/find-setup.ts'
import type { SetupClients } from '../../setup/setup-clients.ts'
import { IAM_PATH } from '../../setup/setup-names.ts'
import { findTagged, KINDS } from '../../sweep/find-resources.ts'

/** All that a run of tests makes bears it, with the run's name, from its creation. */
export const RUN_TAG = 'zimki-test-run'

type Clients = Pick<SetupClients, 'ec2' | 's3' | 'iam'>
export interface Left {
  kind: string
  id: string
}

/** What is looked at itself: its tags may be shown for a while after its end. */
const KNOWN =
  /^(instance|spot-instances-request|network-interface|volume|launch-template|security-group|subnet|route-table|internet-gateway|vpc)$/
const BUCKETS = 'zimki-'

/** Whatever is there of a run, of each kind: by its tag, as parts of its set-up, and of kinds that nobody thought of. */
export async function findLeft(clients: Clients, run: string, region: string): Promise<Left[]> {
  const [tagged, parts, others] = await Promise.all([
    findTagged(clients.ec2, RUN_TAG, run),
    findSetup({ ...clients, setup: { owner: run, region } }),
    otherTagged(clients.ec2, run),
  ])
  const all = new Map<string, Left>()
  for (const { kind, id } of [...others, ...tagged, ...parts]) all.set(`${kind} ${id}`, { kind, id })
  return [...all.values()]
}

/** One line: how many of each kind are there. */
export function countLine(left: readonly Left[]): string {
  const kinds = new Set<string>([...KINDS, ...SETUP_KINDS, ...left.map(({ kind }) => kind)])
  const count = (wanted: string) => left.filter(({ kind }) => kind === wanted).length
  return [...kinds].map((kind) => `${kind} ${count(kind)}`).join(', ')
}

async function otherTagged(client: EC2Client, run: string): Promise<Left[]> {
  const Filters = [
    { Name: 'key', Values: [RUN_TAG] },
    { Name: 'value', Values: [run] },
  ]
  const found: Left[] = []
  for await (const { Tags = [] } of paginateDescribeTags({ client }, { Filters })) {
    for (const { ResourceId: id = '', ResourceType: kind = '', Value } of Tags)
      if (Value === run && !KNOWN.test(kind)) found.push({ kind, id })
  }
  return found
}

/** Instances of a run that have ended for good. */
export async function endedInstances(client: EC2Client, run: string): Promise<Set<string>> {
  const Filters = [{ Name: `tag:${RUN_TAG}`, Values: [run] }]
  const ended = new Set<string>()
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters })) {
    for (const { InstanceId = '', State } of Reservations.flatMap(({ Instances = [] }) => Instances))
      if (State?.Name === 'terminated' || State?.Name === 'shutting-down') ended.add(InstanceId)
  }
  return ended
}

/** Names of all runs of which anything is left. */
export async function findRuns(clients: Clients, region: string): Promise<string[]> {
  const named = new Set<string>()
  const Filters = [{ Name: 'key', Values: [RUN_TAG] }]
  for await (const { Tags = [] } of paginateDescribeTags({ client: clients.ec2 }, { Filters }))
    for (const { Value } of Tags) if (Value) named.add(Value)
  for (const tags of [...(await roleTags(clients.iam)), ...(await allBucketTags(clients.s3))]) {
    const run = tagValue(tags, RUN_TAG)
    if (run) named.add(run)
  }
  const left: string[] = []
  for (const run of [...named].toSorted())
    if ((await findLeft(clients, run, region)).length > 0) left.push(run)
  return left
}

type Tags = { Key: string | undefined; Value: string | undefined }[]

async function roleTags(client: IAMClient): Promise<Tags[]> {
  const found: Tags[] = []
  for await (const { Roles = [] } of paginateListRoles({ client }, { PathPrefix: IAM_PATH }))
    for (const { RoleName } of Roles)
      found.push((await client.send(new ListRoleTagsCommand({ RoleName }))).Tags as Tags)
  return found
}

async function allBucketTags(client: SetupClients['s3']): Promise<Tags[]> {
  const found: Tags[] = []
  for await (const { Buckets = [] } of paginateListBuckets({ client }, { Prefix: BUCKETS }))
    for (const { Name = '' } of Buckets) found.push((await bucketTags({ s3: client }, Name)) as Tags)
  return found
}
