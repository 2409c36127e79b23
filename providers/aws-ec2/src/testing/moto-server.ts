import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Of what moto makes up: its regions, and the images in them. */
export const MOTO_REGION = 'us-east-1'
export const MOTO_IMAGE = 'ami-12c6146b'
const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' }

export interface MotoServer {
  endpoint: string
  credentials: typeof CREDENTIALS
  close(): Promise<void>
}

/** A moto server of the test's own on a port that the system chose. */
export async function startMoto(): Promise<MotoServer> {
  const program = process.env.OPENZIMKI_MOTO_SERVER ?? 'moto_server'
  const child = spawn(program, ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = once(child, 'close')
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => reject(new Error(`${program} ended with ${status}`)))
    createInterface(child.stderr).on('line', (line) => {
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]
      if (found) resolve(found)
    })
  })
  return {
    endpoint,
    credentials: CREDENTIALS,
    close: async () => {
      child.kill('SIGTERM')
      await closed
    },
  }
}
