import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Bundle } from '../bundle/build-bundle.ts'
import { codeAs } from '../map-error.ts'
import { type SetupRun, settled } from './ensure.ts'
import { BUNDLE_PREFIX, ownBucket } from './setup-names.ts'

const NONE = /^(NotFound|NoSuchKey)$/

/** Puts the agent where machines find it, named and checked by its digest; what is there whole is not sent again. Gives its URL. */
export async function uploadBundle(run: SetupRun, bucket: string, { path, sha256 }: Bundle): Promise<string> {
  const { s3, print } = run
  const Key = `${BUNDLE_PREFIX}zimki-agent-${sha256}.tgz`
  const url = `s3://${bucket}/${Key}`
  const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64')
  const { size } = await stat(path)
  const head = new HeadObjectCommand({ ...ownBucket(bucket), Key, ChecksumMode: 'ENABLED' })
  const there = await codeAs(s3.send(head), NONE, null)
  if (there?.ContentLength === size && there.ChecksumSHA256 === ChecksumSHA256) {
    print(`agent ${url} is there`)
    return url
  }
  await settled(run, () =>
    s3.send(
      new PutObjectCommand({
        ...{ ...ownBucket(bucket), Key, ContentLength: size, ChecksumAlgorithm: 'SHA256', ChecksumSHA256 },
        Body: createReadStream(path),
      }),
    ),
  )
  print(`agent ${url} uploaded, ${Math.ceil(size / 1e6)} MB`)
  return url
}
