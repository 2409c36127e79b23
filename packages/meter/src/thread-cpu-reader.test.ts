import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from '@jest/globals'
import { ThreadCpuReader } from './thread-cpu-reader.ts'

// Skipped elsewhere for one reason: only Linux has /proc. There the reader answers null, and the last test below says so.
const onLinux = process.platform === 'linux' ? describe : describe.skip

/** Burns `cpuMs` of its own thread's CPU, then says how much it really was, and stays. */
const BURNER = `
  const { parentPort } = require('node:worker_threads')
  const used = () => { process.cpuUsage(); const { user, system } = process.threadCpuUsage(); return user + system }
  parentPort.on('message', (cpuMs) => {
    const start = used()
    while (used() - start < cpuMs * 1000) for (let i = 0; i < 1e5; i++);
    parentPort.postMessage(used())
  })
  parentPort.postMessage('ready')
`

const next = (worker: Worker): Promise<number> => new Promise((resolve) => worker.once('message', resolve))

function burn(worker: Worker, cpuMs: number): Promise<number> {
  worker.postMessage(cpuMs)
  return next(worker)
}

onLinux('ThreadCpuReader on the real /proc', () => {
  it('counts threads that run isolates, whatever the main thread burns beside them', async () => {
    const reader = ThreadCpuReader.open({
      runsIsolates: (name) => /worker/i.test(name) && !/libuv|V8/.test(name),
    })
    if (!reader) throw new Error('Linux without /proc/self/task')
    const workers = [new Worker(BURNER, { eval: true }), new Worker(BURNER, { eval: true })]
    await Promise.all(workers.map(next))
    let totalNs = reader.readDeltaNs()
    const busy = Promise.all(workers.map((worker) => burn(worker, 150)))
    burnMainThread(150)
    const workersUs = (await busy).reduce((sum, us) => sum + us, 0)
    totalNs += reader.readDeltaNs()
    expect(reader.threads.isolates).toBe(2)
    // The kernel's figures are a tick behind at most (10 ms) for each thread.
    expect(totalNs / 1e6).toBeGreaterThan(workersUs / 1e3 - 25)
    expect(totalNs / 1e6).toBeLessThan(workersUs / 1e3 + 25)
    await Promise.all(workers.map((worker) => worker.terminate()))
    const endedNs = reader.readDeltaNs()
    expect(reader.threads.isolates).toBe(0)
    expect(endedNs / 1e6).toBeLessThan(40)
    reader.close()
  })

  it('counts no thread of Node itself', () => {
    const reader = ThreadCpuReader.open()
    burnMainThread(60)
    expect(reader?.threads.isolates).toBe(0)
    expect((reader?.readDeltaNs() ?? Number.NaN) / 1e6).toBeLessThan(20)
    reader?.close()
  })
})

onLinux('ThreadCpuReader on threads that come and go', () => {
  it('sums to what isolates burned, through ended threads and reused numbers', () => {
    const directory = mkdtempSync(join(tmpdir(), 'threads-'))
    const main = String(process.pid)
    const set = (thread: string, name: string, cpuNs: number) => {
      mkdirSync(join(directory, thread), { recursive: true })
      writeFileSync(join(directory, thread, 'comm'), `${name}\n`)
      writeFileSync(join(directory, thread, 'schedstat'), `${cpuNs} 0 1\n`)
    }
    let processUs = 1_000
    set(main, 'node', 600_000)
    set('7', 'libuv-worker', 400_000)
    const reader = ThreadCpuReader.open({ taskDirectory: directory, processCpuUs: () => processUs })
    expect(reader?.readDeltaNs()).toBe(0)

    set('8', 'node', 5_000)
    processUs += 5
    expect(reader?.readDeltaNs()).toBe(5_000)
    expect(reader?.threads).toEqual({ isolates: 1, others: 2 })

    // The figure of another thread runs ahead of the process's: never negative, and made up for later.
    set(main, 'node', 610_000)
    processUs += 4
    expect(reader?.readDeltaNs()).toBe(0)
    processUs += 8
    expect(reader?.readDeltaNs()).toBe(2_000)

    rmSync(join(directory, '8'), { recursive: true })
    processUs += 3
    expect(reader?.readDeltaNs()).toBe(3_000)
    expect(reader?.threads).toEqual({ isolates: 0, others: 2 })

    // Number 8 comes back as a thread that runs no isolate.
    set('8', 'libuv-worker', 9_000)
    processUs += 9
    expect(reader?.readDeltaNs()).toBe(0)
    expect(reader?.threads).toEqual({ isolates: 0, others: 3 })
    reader?.close()
    rmSync(directory, { recursive: true })
  })

  it('gives its files back', () => {
    const before = openSync('/dev/null', 'r')
    closeSync(before)
    for (let round = 0; round < 50; round++) ThreadCpuReader.open()?.close()
    const after = openSync('/dev/null', 'r')
    closeSync(after)
    expect(after).toBe(before)
  })
})

it('ThreadCpuReader is not there where the system does not tell', () => {
  expect(ThreadCpuReader.open({ taskDirectory: '/nowhere' })).toBeNull()
})

function burnMainThread(cpuMs: number): void {
  const used = () => {
    process.cpuUsage()
    const { user, system } = process.threadCpuUsage()
    return user + system
  }
  const startUs = used()
  let sink = 0
  while (used() - startUs < cpuMs * 1000) for (let i = 0; i < 1e5; i++) sink += i
  if (sink < 0) throw new Error('unreachable')
}
