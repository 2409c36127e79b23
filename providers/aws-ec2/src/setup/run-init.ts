import type { Bundle } from '../bundle/build-bundle.ts'
import type { Ec2Config } from '../config.ts'
import { ensureSecurityGroup } from '../resources/security-group.ts'
import { type SetupRun, settled } from './ensure.ts'
import { ensureBucket } from './ensure-bucket.ts'
import { ensureNetwork } from './ensure-network.ts'
import { ensureProfile } from './ensure-role.ts'
import { BLOB_PREFIX } from './setup-names.ts'
import { uploadBundle } from './upload-bundle.ts'

export interface Made {
  /** For `zimki up --provider-config`. */
  settings: Partial<Ec2Config>
  /** For `zimki up --blobs`. */
  blobs: string
}

/**
 * Makes what is missing of a set-up. It may end between any two calls: what is there bears its tag from the beginning, so a second run goes on
 * from it, and `destroy` finds it.
 */
export async function runInit(run: SetupRun, bundle: () => Promise<Bundle>): Promise<Made> {
  const { setup, ec2, print } = run
  const { vpc, account, subnets } = await ensureNetwork(run)
  const group = await settled(run, () => ensureSecurityGroup(ec2, setup, vpc))
  print(`security group ${group} has its rules`)
  const bucket = await ensureBucket(run, account)
  const instanceProfile = await ensureProfile(run, bucket)
  print('packing the agent')
  const packed = await bundle()
  const url = await uploadBundle(run, bucket, packed)
  const settings = {
    ...{ region: setup.region, sizes: setup.sizes, subnets, securityGroups: [group], instanceProfile },
    ...{ bundle: { url, sha256: packed.sha256 }, publicAddress: true },
  }
  return { settings, blobs: `s3://${bucket}/${BLOB_PREFIX.slice(0, -1)}?region=${setup.region}` }
}
