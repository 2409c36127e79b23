import { dirname, join } from 'node:path'
import {
  CELL_ENV,
  DEFAULT_LIMITS,
  type FromCell,
  type MeterMode,
  PlatformError,
  systemClock,
  type ToCell,
  type UsageWindow,
} from '@openzimki/core'
import { listenLinks } from '@openzimki/link'
import { ThreadCpuReader } from '@openzimki/meter'
import { createEgress } from './bindings/egress/index.ts'
import { AlternatingMeter } from './cell/alternating-meter.ts'
import { Cell } from './cell/cell.ts'
import { CellChannel, LogShipper } from './cell/cell-channel.ts'
import { CellMeter } from './cell/cell-meter.ts'
import { IsolatePool } from './cell/isolate-pool.ts'
import { connectRealmStores } from './cell/realm-stores.ts'
import { rehearse } from './cell/rehearse.ts'
import { Contention } from './engine/contention.ts'
import { readSnapshot } from './engine/prelude.ts'

/** Paths of the startup snapshots, `script` and `module`, come as arguments. */
const [, , scriptSnapshot, moduleSnapshot] = process.argv

/**
 * The program of a cell. It holds no credential, no database and no account's data but the capabilities it is given,
 * and it ends when its agent is gone.
 */
async function main(): Promise<void> {
  endWithAgent()
  const env = readEnv()
  const send = (message: FromCell): void => {
    if (process.connected) process.send?.(message)
  }
  const logs = new LogShipper(send)
  // The meter first: it tells the threads of isolates by their not being there yet.
  const meter = openMeter(env, send, () => cell.settleClocks())
  const pool = await openPool()
  const cell: Cell = new Cell({
    pool,
    meter,
    egress: createEgress({ allow: env.egressAllow }),
    connectRealm: connectRealmStores(env.store),
    log: logs.add,
    clock: systemClock,
  })
  const channel = new CellChannel({ send, cell, meter, logs, end: () => process.exit(0) })
  process.on('message', (message: ToCell) => channel.receive(message))
  await listenLinks(`unix:${env.listen}`, (link) => {
    link.onStream = (stream) => cell.accept(stream)
  })
  send({ type: 'ready', pid: process.pid })
  setTimeout(() => void rehearseSpare(cell, pool, env.listen), REHEARSE_MS)
}

/** Before anything is waited for, and asked once: an agent that ends while this process starts is not heard of later. */
function endWithAgent(): void {
  process.on('disconnect', () => process.exit(0))
  if (!process.connected) process.exit(0)
}

/** After it is ready: whoever waits for this very cell has loaded by then, and goes before. */
const REHEARSE_MS = 50

async function rehearseSpare(cell: Cell, pool: IsolatePool, listen: string): Promise<void> {
  const address = `unix:${join(dirname(listen), 'r')}`
  try {
    await rehearse({ pool, address, isOver: () => !cell.isEmpty })
  } catch (error) {
    // Realms run all the same, only the first of them later. The agent keeps what is said here for the operator.
    process.stderr.write(`cell: the rehearsal failed: ${String(error)}\n`)
  }
}

interface CellEnvironment {
  id: string
  listen: string
  store: string
  jsopNs: number
  egressAllow: string[]
  meter: MeterMode
}

function readEnv(): CellEnvironment {
  const need = (name: string): string => {
    const value = process.env[name]
    if (value) return value
    throw new PlatformError('INVALID_ARGUMENT', `the cell cannot start: ${name} is not set`)
  }
  return {
    id: need(CELL_ENV.id),
    listen: need(CELL_ENV.listen),
    store: need(CELL_ENV.store),
    jsopNs: Number(process.env[CELL_ENV.jsopNs] ?? 1_000_000),
    egressAllow: (process.env[CELL_ENV.egressAllow] ?? '').split(',').filter(Boolean),
    meter: process.env[CELL_ENV.meter] === 'alternate' ? 'alternate' : 'on',
  }
}

/** Of each kind, about 1.6 MB each: realms that wake one right after the other do not wait for an isolate to boot. */
const SPARE_ISOLATES = 2

async function openPool(): Promise<IsolatePool> {
  if (!scriptSnapshot || !moduleSnapshot)
    throw new PlatformError('INVALID_ARGUMENT', 'a cell needs its two snapshots')
  const snapshots = { script: await readSnapshot(scriptSnapshot), module: await readSnapshot(moduleSnapshot) }
  const contention = new Contention()
  const spareMemoryMb = DEFAULT_LIMITS.memoryMb
  const pool = new IsolatePool({ snapshots, spares: SPARE_ISOLATES, spareMemoryMb, contention })
  await pool.fill()
  return pool
}

function openMeter(env: CellEnvironment, send: (message: FromCell) => void, settle: () => void): CellMeter {
  const { id: source, jsopNs } = env
  const ship = (window: UsageWindow): void => send({ type: 'usage', window })
  const threads = ThreadCpuReader.open()
  const Meter = env.meter === 'on' ? CellMeter : AlternatingMeter
  return new Meter({ source, jsopNs, clock: systemClock, threads, settle, ship })
}

await main().catch((error) => {
  process.stderr.write(`cell: ${String(error?.stack ?? error)}\n`)
  process.exit(1)
})
