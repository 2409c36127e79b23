import { readdirSync, readFileSync } from 'node:fs'

/**
 * Private bytes and the share of shared ones (PSS) of a process and all it started, from Linux's /proc. PSS, because cells share the
 * pages of one program and counting them for each would be wrong. Null elsewhere.
 */
export function treeMemoryBytes(rootPid: number): number | null {
  if (process.platform !== 'linux') return null
  const children = Map.groupBy(listProcesses(), ({ parent }) => parent)
  let bytes = 0
  const waiting = [rootPid]
  for (const pid of waiting) {
    bytes += proportionalBytes(pid)
    for (const child of children.get(pid) ?? []) waiting.push(child.pid)
  }
  return bytes
}

function listProcesses(): { pid: number; parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      // The name of a program may hold anything but stands in the last pair of brackets.
      const fields = readOrNull(`/proc/${name}/stat`)?.replace(/^.*\)/s, '').trim().split(' ')
      return fields ? [{ pid: Number(name), parent: Number(fields[1]) }] : []
    })
}

function proportionalBytes(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readOrNull(`/proc/${pid}/smaps_rollup`) ?? '')?.[1]
  return Number(kilobytes ?? 0) * 1024
}

/** A process may end while it is looked at. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}
