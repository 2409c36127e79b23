import type { Cloud } from './cloud.ts'
import type { Image, Instance, Volume } from './model.ts'

export interface DiskWish {
  DeviceName?: string | undefined
  Ebs?:
    | {
        VolumeSize?: number | undefined
        VolumeType?: string | undefined
        Encrypted?: boolean | undefined
        KmsKeyId?: string | undefined
        Iops?: number | undefined
        Throughput?: number | undefined
        SnapshotId?: string | undefined
        DeleteOnTermination?: boolean | undefined
      }
    | undefined
}

/** The disks of a new instance: the image's, changed and extended by what was asked for. */
export function addVolumes(
  cloud: Cloud,
  instance: Instance,
  image: Image,
  wishes: DiskWish[],
  tags: Map<string, string>,
): void {
  const root = wishes.find(({ DeviceName }) => DeviceName === image.rootDevice)
  const others = wishes.filter((wish) => wish !== root && wish.Ebs)
  const all: DiskWish[] = [root ?? { DeviceName: image.rootDevice }, ...others]
  for (const { DeviceName: device = image.rootDevice, Ebs: ebs = {} } of all) {
    const volume: Volume = cloud.add(cloud.volumes, {
      ...cloud.born('volume', tags),
      zone: instance.zone,
      sizeGib: ebs.VolumeSize ?? image.sizeGib,
      type: ebs.VolumeType ?? 'gp3',
      encrypted: ebs.Encrypted ?? false,
      kmsKeyId: ebs.KmsKeyId ?? (ebs.Encrypted ? awsKey(cloud) : undefined),
      iops: ebs.Iops ?? 3000,
      throughput: ebs.Throughput ?? 125,
      snapshotId: ebs.SnapshotId,
      attachment: {
        instanceId: instance.id,
        device,
        deleteOnTermination: ebs.DeleteOnTermination ?? true,
        atMs: cloud.nowMs(),
      },
    })
    instance.volumeIds.push(volume.id)
  }
}

/** AWS's own key for EBS. */
const awsKey = ({ options: { region, accountId } }: Cloud): string =>
  `arn:aws:kms:${region}:${accountId}:key/00000000-0000-0000-0000-000000000ebs`
