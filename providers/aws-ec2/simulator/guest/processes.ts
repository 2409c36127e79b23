import { readdirSync, readFileSync } from 'node:fs'

/** All that a start of a unit has started, wherever it has gone: they carry its invocation's id in their environment, as systemd's do. */
export function processesOf(invocationId: string): number[] {
  const mark = `INVOCATION_ID=${invocationId}`
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => readOrEmpty(`/proc/${name}/environ`).split('\0').includes(mark))
    .map(Number)
}

/** Harmless when it has gone already. */
export function signal(pid: number, name: string): void {
  try {
    process.kill(pid, (name.startsWith('SIG') ? name : `SIG${name}`) as NodeJS.Signals)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
