import { readFile } from 'node:fs/promises'

/** Of Linux for programs, whatever the kernel's own tick is (proc(5), sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10
/** Positions of `utime` and `stime` in /proc/<pid>/stat after the program's name (proc(5): fields 14 and 15; the name is field 2). */
const USER_INDEX = 11
const SYSTEM_INDEX = 12

/** CPU milliseconds that a process has burned, as the kernel says; null when it is gone, or where the system does not tell. */
export async function processCpuMs(pid: number): Promise<number | null> {
  if (process.platform !== 'linux') return null
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name is in brackets and may itself hold brackets and spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[USER_INDEX]) + Number(fields[SYSTEM_INDEX])) * TICK_MS
  } catch (thrown) {
    const { code } = thrown as { code?: unknown }
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw thrown
  }
}
