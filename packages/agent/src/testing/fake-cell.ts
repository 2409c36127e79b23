import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CellLoad, FromCell, IsolateReport, ToCell } from '@openzimki/core'

/**
 * A cell that speaks the protocol and runs no program; for tests. What a deployment is called says how it behaves:
 * see MISCHIEF. The real one is in packages/runtime.
 */

const loaded = new Map<string, CellLoad>()
const idle = { heapBytes: 1, active: 0, overrunMs: 0, idleMs: 0 }
let sequence = 0
let isDraining = false

function send(message: FromCell | Record<string, unknown>): void {
  process.send?.(message)
}

function hang(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function usage(
  load: CellLoad,
  change: Record<string, unknown> = {},
  windowChange: Record<string, unknown> = {},
) {
  const { account, realm, deployment } = load
  const labels = { account, realm, key: 'system', deployment, function: '/', outcome: 'ok' }
  const amounts = { requests: 1, cpuNs: 5, jsops: 1, wallMs: 1, bytesIn: 0, bytesOut: 0, egressBytes: 0 }
  const row = { ...labels, ...amounts, storeReads: 0, storeWrites: 0, ...change }
  sequence += 1
  const source = process.env.ZIMKI_CELL_ID ?? ''
  send({ type: 'usage', window: { source, sequence, startMs: 1, endMs: 2, rows: [row], ...windowChange } })
}

function log({ realm, deployment }: CellLoad, text: string): void {
  const entry = { timeMs: 1, realm, deployment, request: null, level: 'info' as const, text }
  send({ type: 'log', entries: [entry] })
}

/** By the first word of the deployment's id. */
const MISCHIEF: Record<string, (load: CellLoad) => void> = {
  good: () => undefined,
  /** Never answers anything again once it is loaded. */
  hangs: () => setImmediate(hang),
  crashes: () => setImmediate(() => process.abort()),
  exits: () => setImmediate(() => process.exit(3)),
  measures: (load) => usage(load),
  'measures-often': (load) => void setInterval(() => usage(load), 20),
  writes: (load) => {
    const folder = mkdtempSync(join(tmpdir(), 'fake-cell-'))
    try {
      writeFileSync(join(folder, 'was-here'), 'x')
      log(load, 'wrote')
    } catch (thrown) {
      log(load, String((thrown as NodeJS.ErrnoException).code))
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  'logs-long': (load) => log(load, 'x'.repeat(1_000_000)),
  'logs-user': (load) => log(load, `${process.getuid?.()} ${process.getgid?.()} ${process.cwd()}`),
  'says-prefetched': (load) => log(load, `prefetched ${load.prefetched?.classes.join() ?? 'nothing'}`),
  logs: (load) => log(load, JSON.stringify(Object.keys(process.env).sort())),
  floods: (load) => {
    for (let index = 0; index < 5_000; index += 1) log(load, `line ${index}`)
  },
  'lies-realm': (load) => usage(load, { realm: 'another' }),
  'lies-account': (load) => usage(load, { account: 'another' }),
  'lies-source': (load) => usage(load, {}, { source: 'another' }),
  'lies-sequence': (load) => usage(load, {}, { sequence: 7 }),
  'lies-negative': (load) => usage(load, { cpuNs: -1 }),
  'lies-log': (load) => log({ ...load, realm: 'another' }, 'x'),
  'lies-loaded': () => send({ type: 'loaded', id: 99, ms: 0 }),
  'sends-unknown': () => send({ type: 'shutdown' }),
  'sends-proto': () => send(JSON.parse('{"type":"pong","__proto__":{"x":1}}')),
  'sends-noise': () => void writeSync(3, 'no JSON at all\n'),
  'sends-huge': (load) => log(load, 'x'.repeat(40 << 20)),
}

const wordOf = (deployment: string): string => deployment.split('.')[0] ?? ''

function take(id: number, load: CellLoad): void {
  const word = wordOf(load.deployment)
  if (word === 'broken') {
    const error = {
      code: 'SCRIPT_ERROR' as const,
      message: 'no',
      details: { file: 'a.js', line: 3, column: 1 },
    }
    send({ type: 'load-failed', id, error })
    return
  }
  if (word === 'never') return
  if (word === 'hangs-loading') hang()
  loaded.set(load.deployment, load)
  send({ type: 'loaded', id, ms: 1 })
  MISCHIEF[word]?.(load)
}

function report({ realm, deployment }: CellLoad): IsolateReport {
  const word = wordOf(deployment)
  const active = word === 'hangs' || word === 'busy' || word === 'crashes' ? 1 : 0
  return { ...idle, realm, deployment, active, overrunMs: word === 'overruns' ? 60_000 : 0 }
}

const answers: { [T in ToCell['type']]?: (message: Extract<ToCell, { type: T }>) => void } = {
  load: ({ id, load }) => take(id, load),
  unload: ({ deployment }) => void loaded.delete(deployment),
  renew: ({ deployment, capability }) => {
    const load = loaded.get(deployment)
    if (load) log(load, `renewed ${capability}`)
  },
  ping: ({ id }) => send({ type: 'pong', id, rssBytes: 1, isolates: [...loaded.values()].map(report) }),
  drain: () => {
    isDraining = true
    for (const load of loaded.values()) {
      if (['measures-at-end', 'waits-for-ack'].includes(wordOf(load.deployment))) usage(load)
    }
    const waits = [...loaded.keys()].some((deployment) => wordOf(deployment) === 'waits-for-ack')
    if (!waits) process.exit(0)
  },
  'usage-ack': () => {
    if (isDraining) process.exit(0)
  },
}

process.on('message', (message: ToCell) => {
  const answer = answers[message.type] as ((message: ToCell) => void) | undefined
  answer?.(message)
})
process.on('disconnect', () => process.exit(0))
if (process.env.FAKE_CELL_BOOT === 'fails') {
  writeSync(2, 'boot failed in /some/path\n    at main (x.ts:1:1)\n')
  process.exit(7)
}
send({ type: 'ready', pid: process.pid })
