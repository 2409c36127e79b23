import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'

export const TEST_BUCKET = 'test-bucket'
export const TEST_KEYS = { AWS_ACCESS_KEY_ID: 'test-key', AWS_SECRET_ACCESS_KEY: 'test-secret' }

/** What a test server is to the test. */
export interface TestStore {
  /** Its origin. */
  endpoint: string
  close(): Promise<void>
}

/** A client that knows nothing of ours, for what the tests do behind its back. */
export function plainClient(endpoint: string): S3Client {
  const [accessKeyId = '', secretAccessKey = ''] = Object.values(TEST_KEYS)
  const credentials = { accessKeyId, secretAccessKey }
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
}

export async function makeTestBucket(endpoint: string): Promise<void> {
  const client = plainClient(endpoint)
  await client.send(new CreateBucketCommand({ Bucket: TEST_BUCKET }))
  client.destroy()
}

/** Our client finds credentials where an operator puts them. */
export function setTestKeys(): void {
  Object.assign(process.env, TEST_KEYS)
}
