import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { processIdentity } from '@openzimki/provider'
import { dropDevices } from './bridge.ts'
import { endProcessesOf } from './processes.ts'

const NAME = 'openzimki-aws-simulator'
const OWNER = 'owner'
/** Begins the names of folders that are being made: nothing but its owner is in them. */
const UNNAMED = '.'

/** One simulator's folder; its tag is in the names of all that it makes on the host, so that what a dead one left is found. */
export interface StateFolder {
  path: string
  tag: string
}

/**
 * Makes a folder that says whose it is, before anything else is made. It gets its name with its owner in it: in one that is nobody's, another
 * simulator that sweeps in this moment sees what a dead one left.
 */
export async function makeStateFolder(parent: string): Promise<StateFolder> {
  const tag = randomBytes(3).toString('hex')
  const path = join(parent, NAME, tag)
  const unnamed = join(parent, NAME, `${UNNAMED}${tag}`)
  await mkdir(unnamed, { recursive: true, mode: 0o755 })
  await writeFile(join(unnamed, OWNER), (await processIdentity(process.pid)) ?? '')
  await rename(unnamed, path)
  return { path, tag }
}

/** Removes what simulators left that are dead: processes, network devices, folders. Those of living ones are not touched. */
export async function sweepDead(parent: string): Promise<string[]> {
  const home = join(parent, NAME)
  const tags = (await readdir(home).catch(() => [])).filter((name) => !name.startsWith(UNNAMED))
  const swept: string[] = []
  for (const tag of tags) {
    const path = join(home, tag)
    if (await isAlive(path)) continue
    await removeAll({ path, tag })
    swept.push(tag)
  }
  return swept
}

export async function removeAll({ path, tag }: StateFolder): Promise<void> {
  await endProcessesOf(path)
  await dropDevices(tag)
  await rm(path, { recursive: true, force: true })
}

async function isAlive(path: string): Promise<boolean> {
  const owner = await readFile(join(path, OWNER), 'utf8').catch(() => '')
  const [pid = ''] = owner.split('@')
  return owner !== '' && (await processIdentity(Number(pid))) === owner
}
