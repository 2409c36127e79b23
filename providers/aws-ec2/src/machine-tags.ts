import { createHash } from 'node:crypto'
import type { Filter, Tag, TagSpecification } from '@aws-sdk/client-ec2'

const PREFIX = 'openzimki'

/** Tags by which a resource is known as ours. All but `started` and the last two are set in the call that creates. */
export const TAG = {
  owner: `${PREFIX}:owner`,
  machine: `${PREFIX}:machine`,
  size: `${PREFIX}:size`,
  fingerprint: `${PREFIX}:fingerprint`,
  /** It was launched to be prepared: `asked`, and `done` once it is known that this went well. */
  prepare: `${PREFIX}:prepare`,
  /** It was told to start after that; the launch time that it had before. */
  started: `${PREFIX}:started`,
  /** It was told to end. EC2 does not say who ended an instance. */
  stop: `${PREFIX}:stop`,
  /** It was destroyed: what EC2 still shows of it for an hour is no machine. */
  gone: `${PREFIX}:gone`,
} as const

export interface TaggedMachine {
  id: string
  size: string
  fingerprint: string
}

export function ownerTags(owner: string, extra: Readonly<Record<string, string>>): Tag[] {
  return [...Object.entries(extra).map(([Key, Value]) => ({ Key, Value })), { Key: TAG.owner, Value: owner }]
}

/** Of everything that a launch makes: EC2 copies no tag from an instance to its volumes. */
export function machineTagSpecifications(
  owner: string,
  { id, size, fingerprint }: TaggedMachine,
  { isSpot, isPrepared }: { isSpot: boolean; isPrepared: boolean },
  extra: Readonly<Record<string, string>>,
): TagSpecification[] {
  const tags: Tag[] = [
    { Key: 'Name', Value: `zimki ${owner} ${id}` },
    ...ownerTags(owner, extra),
    { Key: TAG.machine, Value: id },
    { Key: TAG.size, Value: size },
    { Key: TAG.fingerprint, Value: fingerprint },
    ...(isPrepared ? [{ Key: TAG.prepare, Value: 'asked' }] : []),
  ]
  const kinds = ['instance', 'volume', 'network-interface', ...(isSpot ? ['spot-instances-request'] : [])]
  return kinds.map((kind) => ({ ResourceType: kind as TagSpecification['ResourceType'], Tags: tags }))
}

/** Null: it is not a machine of this owner. */
export function readTags(tags: Tag[] | undefined, owner: string): TaggedMachine | null {
  const value = (key: string) => tagValue(tags, key)
  if (value(TAG.owner) !== owner) return null
  const [id, size, fingerprint] = [value(TAG.machine), value(TAG.size), value(TAG.fingerprint)]
  if (id === undefined || size === undefined || fingerprint === undefined) return null
  return { id, size, fingerprint }
}

export const tagValue = (tags: Tag[] | undefined, key: string): string | undefined =>
  tags?.find(({ Key }) => Key === key)?.Value

export const readOwner = (tags: Tag[] | undefined): string | undefined => tagValue(tags, TAG.owner)

export const hasTag = (tags: Tag[] | undefined, key: string): boolean => tagValue(tags, key) !== undefined

/** Filters of describe calls. */
export const ownerFilter = (owner: string): Filter => ({ Name: `tag:${TAG.owner}`, Values: [owner] })
export const machineFilter = (id: string): Filter => ({ Name: `tag:${TAG.machine}`, Values: [id] })

/** First part of the names of what an owner's machines have in common; two owners whose digests begin alike are told apart by the tag. */
export const ownerPrefix = (owner: string): string => `zimki-${digest(owner).slice(0, 12)}`

/**
 * With the same token EC2 gives the instance that it made before. Made of what a repeated launch has again, so not of the environment:
 * with another one EC2 refuses, which is how one of two specs wins.
 */
export const clientToken = (...parts: string[]): string => digest(JSON.stringify(parts))

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
