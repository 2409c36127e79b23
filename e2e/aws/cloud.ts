import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** An instance of a platform. */
export interface CloudInstance {
  id: string
  /** Whose, and as what, by its tags. */
  owner: string
  machine: string
  running: boolean
  launchedMs: number
}

/** EC2 and S3, with what machines run in the bucket. */
export interface Cloud {
  /** Of our own, for what data is on this host. */
  folder: string
  /** `--agents-address` of the platform. */
  agentsAddress: string
  /** Adapter of its pools: a name, or a folder. */
  provider: string
  /** All that it has launched. */
  instances(): Promise<CloudInstance[]>
  /** Tells one that it will be taken back; null where that cannot be asked for. */
  interrupt: ((instance: string) => void) | null
  /** How long it may take until a machine serves; the promise holds where nothing but this host is waited for. */
  patienceMs: number
  promisedAnswerMs: number | null
  /** After the platform's end: removes what is left, and gives what could not be. */
  takeDown(say: (line: string) => void): Promise<string[]>
  /** `--blobs` of the platform of this name. */
  blobsOf(name: string): string
  /** Settings of a pool's provider. */
  config: object
  /** Behind the platform's back. */
  terminate(instances: readonly string[]): Promise<void>
  /** How many of the platform's blobs are in the bucket. */
  countBlobs(): Promise<number>
  close(): Promise<void>
}

/** From a launch to an agent that dialled in. */
const MOST_SECONDS = 180
/** Machines that a pool may have beyond those that it always has. */
export const MORE = 2

/** One pool of spot instances. */
export async function writePools(
  { folder, provider, config, patienceMs }: Cloud,
  floor: number,
): Promise<string> {
  const path = join(folder, 'pools.json')
  const pool = { name: 'ec2', provider, config, size: 'spot', floor, ceiling: floor + MORE }
  await writeFile(
    path,
    JSON.stringify([{ ...pool, joinSeconds: Math.min(MOST_SECONDS, patienceMs / 1_000) }]),
  )
  return path
}
