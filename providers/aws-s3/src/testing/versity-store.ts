import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Proxy } from './s3-proxy.ts'
import { ServerProcess } from './server-process.ts'
import { makeTestBucket, TEST_KEYS, type TestStore } from './test-bucket.ts'

/** The Versity gateway over files of this machine, with a bucket. It checks signatures and checksums as S3 does. */
export async function startVersity(): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'versity-'))
  const socketPath = join(folder, 'socket')
  for (const name of ['data', 'sidecar']) await mkdir(join(folder, name))
  const command = [
    ...[process.env.OPENZIMKI_VERSITYGW ?? 'versitygw', '--port', socketPath, '--keep-alive'],
    // Metadata in files beside: not every file system of a test machine has extended attributes.
    ...['posix', '--sidecar', join(folder, 'sidecar'), join(folder, 'data')],
  ]
  const keys = {
    ROOT_ACCESS_KEY: TEST_KEYS.AWS_ACCESS_KEY_ID,
    ROOT_SECRET_KEY: TEST_KEYS.AWS_SECRET_ACCESS_KEY,
  }
  const { process: server } = await ServerProcess.start(command, keys, /service listening on/)
  const proxy = await S3Proxy.start({ socketPath })
  await makeTestBucket(proxy.endpoint)
  return {
    endpoint: proxy.endpoint,
    close: async () => {
      await proxy.close()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
