import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PlatformError } from '@openzimki/core'

/** Longest path of a Unix socket that every system takes, with room for our names. */
const MAX_RUN_PATH = 60

/** Where an installation keeps what outlives it. */
export interface DataDirectory {
  root: string
  control: string
  logs: string
  /** Written when the state has been moved elsewhere. */
  movedFile: string
  store: string
  blobs: string
  cache: string
  machines: string
  operatorFile: string
  /** Who this control is to its agents, which pin the key. */
  controlKey: string
  lockFile: string
  /** Sockets; short, because the system limits their length. */
  run: string
  /** In `run`, with the sockets of control and store alone: what machines may see of the platform. */
  doors: string
}

/** Makes what is missing. Only the owner may read it. PERMISSION_DENIED says which folder could not be made. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const root = resolve(path)
  const directory: DataDirectory = {
    root,
    control: join(root, 'control.sqlite'),
    logs: join(root, 'logs.sqlite'),
    movedFile: join(root, 'state-moved.json'),
    store: join(root, 'store.sqlite'),
    blobs: join(root, 'blobs'),
    cache: join(root, 'cache'),
    machines: join(root, 'machines'),
    operatorFile: join(root, 'operator.json'),
    controlKey: join(root, 'control-key.pem'),
    lockFile: join(root, 'lock'),
    run: runDirectory(root),
    doors: join(runDirectory(root), 'doors'),
  }
  const { blobs, cache, machines, run, doors } = directory
  for (const folder of [root, blobs, cache, machines, run, doors]) await makeFolder(folder)
  return directory
}

function runDirectory(root: string): string {
  const inside = join(root, 'run')
  if (inside.length <= MAX_RUN_PATH) return inside
  return join(tmpdir(), `zimki-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`)
}

/**
 * Lets users of this group, which are those of cells, through to what they need: the engine's snapshots, their machine's folder, the store's
 * socket. They can look around nowhere, and what else lies in these folders is its owner's alone.
 */
export async function openToCells(directory: DataDirectory, gid: number): Promise<void> {
  const { root, cache, run, doors } = directory
  await closeFiles(directory)
  const own = process.getuid?.() ?? 0
  for (const folder of [root, cache, run, doors]) {
    await makeFolder(folder)
    await chown(folder, own, gid)
    await chmod(folder, 0o710)
  }
  for (const entry of await readdir(cache, { withFileTypes: true })) {
    await chmod(join(cache, entry.name), entry.isFile() ? 0o644 : 0o755)
  }
}

/** Databases are made by libraries that leave who may read them to the folder; so they are there before. */
async function closeFiles({ root, control, store }: DataDirectory): Promise<void> {
  for (const path of [control, store, join(root, 'logs.sqlite')]) await (await open(path, 'a', 0o600)).close()
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.isFile()) await chmod(join(root, entry.name), 0o600)
  }
}

/** The store's socket is for cells too. */
export async function openDoor(path: string, gid: number): Promise<void> {
  await chown(path, process.getuid?.() ?? 0, gid)
  await chmod(path, 0o660)
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await chmod(path, 0o700)
  } catch (error) {
    throw new PlatformError(
      'PERMISSION_DENIED',
      `the data folder ${path} cannot be made: ${(error as Error).message}. Choose another with --data`,
      { cause: error },
    )
  }
}

/** A secret of the installation, made at the first start; mode 0600. */
export async function readSecret(directory: DataDirectory, name: string): Promise<Buffer> {
  const path = join(directory.root, name)
  try {
    return Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const secret = randomBytes(32)
    await writeFile(path, `${secret.toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    return secret
  }
}
