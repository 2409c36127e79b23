import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { CELL_ENV, type MeterMode, PlatformError } from '@openzimki/core'
import type { CellUser, CellUsers } from './cell-users.ts'

export interface SpawnerOptions {
  /** With whatever hardening goes before the program (cell-command.ts). */
  command: readonly [string, ...string[]]
  runDir: string
  /** Its address, or what makes one for a single cell at a path. */
  store: string | OpenStoreDoor
  jsopNs: number
  egressAllow: string
  meter: MeterMode
  cellEnv: Readonly<Record<string, string>>
  /** Null: cells run as the agent's own user. */
  users: CellUsers | null
}

/** What ends with its cell. */
export type OpenStoreDoor = (
  path: string,
  user: CellUser | null,
) => Promise<{ address: string; close(): void }>

/** A cell's process, just started. */
export interface SpawnedCell {
  id: string
  /** `unix:<path>`, where gateways reach it once it is ready. */
  address: string
  child: ChildProcess
  channel: Duplex
  /** Resolves when the process has ended; asked for before anything else, since it may end at once. */
  exited: Promise<{ code: number | null; signal: string | null }>
  /** Resolves when all it wrote has been read too. */
  allRead: Promise<void>
  /** Removes its socket and folder; after its end. */
  cleanUp(): Promise<void>
}

export type SpawnCell = () => Promise<SpawnedCell>

/** sun_path holds 108 bytes on Linux and 104 on macOS, NUL included. */
const SOCKET_PATH_BYTES = 103
/** Cells end first when memory runs out: above the platform's own 0, below the kernel's 1000 for "always". */
const OOM_SCORE = '600'
const CHANNEL_FD = 3

/** Prepares the folders under `runDir`. INVALID_ARGUMENT when sockets in it would have too long a path. */
export async function createSpawner(options: SpawnerOptions): Promise<SpawnCell> {
  const empty = join(options.runDir, 'empty')
  const sockets = join(options.runDir, 's')
  requireShort(join(sockets, shortId(randomUUID()), 'c'))
  await mkdir(options.runDir, { recursive: true, mode: 0o711 })
  await mkdir(empty, { recursive: true, mode: 0o555 })
  await rm(sockets, { recursive: true, force: true })
  await mkdir(sockets, { recursive: true, mode: 0o711 })
  if (options.users) await openTo(options.users.gid, [options.runDir, empty, sockets])
  return () => spawnCell(options, empty, sockets)
}

/** Cells of other users may go through these folders and not look around in them; nobody else may do either. */
async function openTo(gid: number, folders: string[]): Promise<void> {
  for (const folder of folders) {
    await chown(folder, process.getuid?.() ?? 0, gid)
    await chmod(folder, 0o710)
  }
}

/** After the last cell. What others keep in the folder, such as a spool that has not been shipped, stays. */
export async function removeRunDir(runDir: string): Promise<void> {
  await rm(join(runDir, 's'), { recursive: true, force: true })
  for (const folder of ['empty', 'spool', '.']) await removeEmpty(join(runDir, folder))
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder)
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code
    // EBUSY: the folder is a mount of a container, and its host removes it.
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EBUSY') throw thrown
  }
}

async function spawnCell(options: SpawnerOptions, empty: string, sockets: string): Promise<SpawnedCell> {
  const id = randomUUID()
  const folder = join(sockets, shortId(id))
  const listen = join(folder, 'c')
  const user = (await options.users?.take()) ?? null
  await mkdir(folder, { mode: 0o700 })
  if (user) await chown(folder, user.uid, user.gid)
  const store = await storeOf(options, folder, user)
  const cleanUp = async (): Promise<void> => {
    store.close()
    await rm(folder, { recursive: true, force: true })
    user?.release()
  }
  const [program, ...args] = options.command
  const child = spawn(program, args, {
    cwd: empty,
    env: cellEnvironment(options, id, listen, store.address),
    // A session of its own, so that no signal to the agent's group reaches it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  })
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const allRead = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await started(child, cleanUp)
  await raiseOomScore(child.pid)
  return {
    id,
    address: `unix:${listen}`,
    child,
    channel: child.stdio[CHANNEL_FD] as Duplex,
    exited,
    allRead,
    cleanUp,
  }
}

async function storeOf(
  { store }: SpawnerOptions,
  folder: string,
  user: CellUser | null,
): Promise<{ address: string; close(): void }> {
  if (typeof store !== 'string') return store(join(folder, 'd'), user)
  return { address: store, close: () => undefined }
}

/** Nothing is inherited from the agent: its environment holds the join token. */
function cellEnvironment(
  options: SpawnerOptions,
  id: string,
  listen: string,
  store: string,
): Record<string, string> {
  return {
    TZ: 'UTC',
    ...options.cellEnv,
    [CELL_ENV.id]: id,
    [CELL_ENV.listen]: listen,
    [CELL_ENV.store]: store,
    [CELL_ENV.jsopNs]: String(options.jsopNs),
    [CELL_ENV.egressAllow]: options.egressAllow,
    [CELL_ENV.meter]: options.meter,
    // What `fork` sets: the child's Node then offers process.send and 'message' on this descriptor (see cell-channel.ts).
    NODE_CHANNEL_FD: String(CHANNEL_FD),
    NODE_CHANNEL_SERIALIZATION_MODE: 'json',
  }
}

async function started(child: ChildProcess, cleanUp: () => Promise<void>): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
  } catch (cause) {
    await cleanUp()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('UNAVAILABLE', `no cell can be started: ${why}`, { cause })
  }
}

/** Linux only; a process that has ended meanwhile needs none. */
async function raiseOomScore(pid: number | undefined): Promise<void> {
  if (process.platform !== 'linux') return
  try {
    await writeFile(`/proc/${pid}/oom_score_adj`, OOM_SCORE)
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code
    if (code !== 'ENOENT' && code !== 'ESRCH' && code !== 'EACCES') throw thrown
  }
}

/** 12 of a UUID's hex digits: unique enough in one folder, and short. */
const shortId = (id: string) => id.replaceAll('-', '').slice(0, 12)

function requireShort(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes <= SOCKET_PATH_BYTES) return
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `the run folder is too deep: its sockets would have paths of ${bytes} bytes, and Unix allows ${SOCKET_PATH_BYTES}; ` +
      'choose a shorter data folder',
  )
}
