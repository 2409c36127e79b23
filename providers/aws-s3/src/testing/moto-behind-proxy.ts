import { createHash } from 'node:crypto'
import { startMoto } from './moto-store.ts'
import { type PassingAnswer, type PassingRequest, S3Proxy } from './s3-proxy.ts'
import type { TestStore } from './test-bucket.ts'

/** moto with a proxy before it, which a test tells what to do. */
export interface LyingStore extends TestStore {
  proxy: S3Proxy
}

export async function startBehindProxy(): Promise<LyingStore> {
  const moto = await startMoto()
  const { hostname, port } = new URL(moto.endpoint)
  const proxy = await S3Proxy.start({ host: hostname, port: Number(port) })
  return {
    proxy,
    endpoint: proxy.endpoint,
    close: async () => {
      await proxy.close()
      await moto.close()
    },
  }
}

/** What S3 does and moto does not: content that is not what its checksum says is refused. */
export function checkedUpload({ headers, body }: PassingRequest): PassingAnswer | undefined {
  const said = headers['x-amz-checksum-sha256']
  if (typeof said !== 'string' || said === createHash('sha256').update(body).digest('base64'))
    return undefined
  return s3Error(400, 'BadDigest')
}

export function s3Error(status: number, code: string): PassingAnswer {
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>said the test</Message></Error>`,
  )
  return { status, headers: { 'content-type': 'application/xml' }, body }
}
