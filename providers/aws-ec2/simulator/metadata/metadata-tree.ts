import type { Cloud } from '../cloud/cloud.ts'
import type { Instance } from '../cloud/model.ts'
import { privateName, zoneId } from '../cloud/names.ts'
import type { RoleKeys } from './role-keys.ts'
import { stamp } from './stamp.ts'

/** Folders and what is in them; a text is a leaf. */
export interface MetadataTree {
  [name: string]: string | MetadataTree
}

/** All that an instance can ask about itself, under `/latest` (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html). */
export function metadataTree(cloud: Cloud, one: Instance, keys: RoleKeys): MetadataTree {
  const userData = Buffer.from(one.userData, 'base64').toString('latin1')
  return {
    'meta-data': {
      'ami-id': one.imageId,
      'ami-launch-index': String(one.launchIndex),
      hostname: privateName(cloud, one),
      'local-hostname': privateName(cloud, one),
      'local-ipv4': one.privateIp,
      ...(one.publicIp ? { 'public-ipv4': one.publicIp } : {}),
      'instance-id': one.id,
      'instance-type': one.type,
      'instance-action': 'none',
      'instance-life-cycle': one.spotRequestId ? 'spot' : 'on-demand',
      mac: cloud.interfaces.own(one.interfaceIds[0] ?? '')?.mac ?? '',
      profile: 'default-hvm',
      'reservation-id': one.reservationId,
      'security-groups': one.groupIds.map((id) => cloud.groups.own(id)?.name ?? id).join('\n'),
      placement: {
        'availability-zone': one.zone,
        'availability-zone-id': zoneId(cloud, one.zone),
        region: cloud.options.region,
      },
      services: { domain: 'amazonaws.com', partition: 'aws' },
      ...rolePart(cloud, one, keys),
      ...noticePart(one),
      ...(one.metadata.tags === 'enabled' ? { tags: { instance: Object.fromEntries(one.tags) } } : {}),
    },
    dynamic: { 'instance-identity': { document: identity(cloud, one) } },
    ...(userData === '' ? {} : { 'user-data': userData }),
  }
}

function rolePart(cloud: Cloud, one: Instance, keys: RoleKeys): MetadataTree {
  if (!one.profile) return {}
  const { arn, name } = one.profile
  const info = {
    Code: 'Success',
    LastUpdated: stamp(cloud.nowMs()),
    InstanceProfileArn: arn,
    InstanceProfileId: 'AIPASIMULATED0000000',
  }
  const role = keys.of(one.id, name)
  return {
    iam: {
      info: JSON.stringify(info, null, 2),
      'security-credentials': { [name]: JSON.stringify(role, null, 2) },
    },
  }
}

/** Present only while there is something to say; until then their paths are not found. */
function noticePart({ notices }: Instance): MetadataTree {
  const { action, rebalanceMs } = notices
  return {
    ...(action
      ? {
          spot: {
            'instance-action': JSON.stringify({ action: action.action, time: stamp(action.atMs) }),
            'termination-time': stamp(action.atMs),
          },
        }
      : {}),
    events: {
      maintenance: { scheduled: '[]' },
      ...(rebalanceMs === null
        ? {}
        : { recommendations: { rebalance: JSON.stringify({ noticeTime: stamp(rebalanceMs) }) } }),
    },
  }
}

function identity(cloud: Cloud, one: Instance): string {
  return JSON.stringify(
    {
      accountId: cloud.options.accountId,
      architecture: one.architecture,
      availabilityZone: one.zone,
      imageId: one.imageId,
      instanceId: one.id,
      instanceType: one.type,
      pendingTime: stamp(one.launchedMs),
      privateIp: one.privateIp,
      region: cloud.options.region,
      version: '2017-09-30',
    },
    null,
    2,
  )
}
