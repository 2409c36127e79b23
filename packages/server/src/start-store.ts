import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CellUserRange } from '@openzimki/agent'
import { ChildService } from './child-service.ts'
import { type DataDirectory, openDoor } from './data-directory.ts'
import type { Log } from './log.ts'
import { NODE_FLAGS } from './node-flags.ts'
import { STORE_ENV } from './store-env.ts'

const PATIENCE_MS = 5_000
/** For stream-relief.ts. The process runs nobody's code but ours. */
const STREAMING_FLAGS = ['--expose-gc']

export interface StoreStart {
  data: DataDirectory
  /** Of objects: a file of SQLite, or a `postgres://` URL. */
  database: string
  address: string
  secret: Buffer
  /** Where blobs are, other than in the data folder; null: there. */
  blobs: string | null
  /** Of this installation. */
  owner: string
  /** Users of cells, which the store's door lets in; null: cells are of the platform's own user. */
  users: CellUserRange | null
  log: Log
}

/** The process that holds objects and blobs. It alone is given what opens a cloud: no machine and no cell ever is. */
export async function startStore(start: StoreStart, closers: (() => Promise<void>)[]): Promise<void> {
  const { data, database, address, secret, blobs, owner, users, log } = start
  const letCellsIn = async () => {
    if (users) await openDoor(address.slice('unix:'.length), users.gid)
  }
  const service = new ChildService({
    name: 'store',
    args: [
      ...NODE_FLAGS,
      ...(blobs === null ? [] : STREAMING_FLAGS),
      fileURLToPath(new URL(`./store-process${extname(import.meta.filename)}`, import.meta.url)),
    ],
    env: {
      ...(blobs === null ? {} : cloudEnvironment(process.env)),
      [STORE_ENV.address]: address,
      [STORE_ENV.database]: database,
      [STORE_ENV.folder]: data.blobs,
      [STORE_ENV.blobs]: blobs ?? '',
      [STORE_ENV.owner]: owner,
      [STORE_ENV.secret]: secret.toString('base64url'),
    },
    log,
    onRestart: () =>
      void letCellsIn().catch((error: unknown) =>
        log('error', `cells cannot reach the store: ${String(error)}`),
      ),
  })
  await service.startWithin(PATIENCE_MS)
  closers.push(() => service.end())
  await letCellsIn()
}

/** Where the standard chain looks for credentials: variables, and the files in the user's home. */
function cloudEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const isWanted = (name: string) =>
    name.startsWith('AWS_') || name === 'HOME' || name === 'NODE_EXTRA_CA_CERTS'
  const wanted = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isWanted(name) ? [[name, value] as const] : [],
  )
  return Object.fromEntries(wanted)
}
