import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 10

/** Ends whatever was started with a path of this folder in its environment, and with it all that is in its process namespace. */
export async function endProcessesOf(folder: string): Promise<void> {
  for (;;) {
    const found = await processesOf(folder)
    if (found.length === 0) return
    for (const pid of found) endHard(pid)
    await delay(POLL_MS)
  }
}

/** Pids of the host's processes that run an instance whose disk is in this folder. */
export async function processesOf(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const all = await Promise.all(pids.map(async (pid) => ((await runsFrom(pid, folder)) ? [pid] : [])))
  return all.flat()
}

async function runsFrom(pid: number, folder: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
  return environment.split('\0').some((one) => one.startsWith(`DISK=${folder}/`))
}

export function endHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}
