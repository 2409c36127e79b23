import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { lockData } from './data-lock.ts'

// Skipped elsewhere for one reason: only there a process can be looked up in /proc.
const onLinux = process.platform === 'linux' ? it : it.skip

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zimki-lock-'))
  path = join(folder, 'lock')
})
afterEach(() => rm(folder, { recursive: true }))

const holder = async () => JSON.parse(await readFile(path, 'utf8')) as { pid: number; started: string }

/** State and start time of a process (proc(5)). */
async function statOf(pid: number) {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0], started: fields[19] }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('the lock of a data folder', () => {
  it('is refused while its holder runs, and free when that has let go', async () => {
    const lock = await lockData(path)
    await expect(lockData(path)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await lock.release()
    await (await lockData(path)).release()
  })

  it.each([
    ['has no holder', ''],
    ['names a process that is not there', '{"pid":2147483647,"started":"1"}'],
    ['names an earlier process of the same number', `{"pid":${process.pid},"started":"1"}`],
  ])('is taken over when it %s', async (_, left) => {
    await writeFile(path, left)
    await lockData(path)
    expect((await holder()).pid).toBe(process.pid)
  })

  onLinux('is taken over from a process that was killed and is not reaped yet', async () => {
    const script = 'sleep 600 & echo $!; exec sleep 600'
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      const pid = Number(String((await once(parent.stdout, 'data'))[0]))
      // What the shell becomes never asks how its child ended.
      await until(async () => (await readFile(`/proc/${parent.pid}/comm`, 'utf8')).trim() === 'sleep')
      process.kill(pid, 'SIGKILL')
      await until(async () => (await statOf(pid)).state === 'Z')
      const { started } = await statOf(pid)
      await writeFile(path, JSON.stringify({ pid, started }))
      await lockData(path)
      expect((await holder()).pid).toBe(process.pid)
    } finally {
      parent.kill('SIGKILL')
    }
  })
})
