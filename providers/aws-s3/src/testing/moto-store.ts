import { ServerProcess } from './server-process.ts'
import { makeTestBucket, type TestStore } from './test-bucket.ts'

/**
 * moto's S3, with a bucket. It keeps conditions (If-None-Match) and lists well, but takes whatever checksum it is told, and any
 * signature: what rests on those is tested with the Versity gateway, and with a proxy that looks at checksums.
 */
export async function startMoto(): Promise<TestStore> {
  const program = process.env.OPENZIMKI_MOTO_SERVER ?? 'moto_server'
  const command = [program, '-H', '127.0.0.1', '-p', '0']
  const { process: server, found } = await ServerProcess.start(
    command,
    {},
    /Running on (http:\/\/[\d.]+:\d+)/,
  )
  const endpoint = found[1] ?? ''
  await makeTestBucket(endpoint)
  return { endpoint, close: () => server.close() }
}
