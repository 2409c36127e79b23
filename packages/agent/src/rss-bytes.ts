import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Pages are 4 KiB on x64 and on the arm64 kernels of the usual distributions. */
const PAGE_BYTES = 4096

/** Resident memory of a process as the kernel sees it; null when it is gone. */
export async function rssBytes(pid: number): Promise<number | null> {
  try {
    if (process.platform === 'linux') {
      const [, resident] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')
      return Number(resident) * PAGE_BYTES
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])
    return Number(stdout.trim()) * 1024
  } catch (thrown) {
    const code = (thrown as { code?: unknown }).code
    if (code === 'ENOENT' || code === 'ESRCH' || code === 1) return null
    throw thrown
  }
}
