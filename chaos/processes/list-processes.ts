import { readdir, readFile } from 'node:fs/promises'

/** A process of this host, those in containers included. */
export interface RunningProcess {
  pid: number
  parent: number
  /** Arguments, separated by spaces. */
  command: string
  /** Null: not in it. */
  env(name: string): string | null
  /** Whether this text is anywhere in its arguments or its environment. */
  mentions(text: string): boolean
}

/** All processes that can be looked at, from Linux's /proc. One that ends meanwhile is left out. */
export async function listProcesses(): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map((pid) => lookAt(Number(pid))))
  return found.filter((process) => process !== null)
}

async function lookAt(pid: number): Promise<RunningProcess | null> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => null)
  const [stat, command, environment] = await Promise.all([read('stat'), read('cmdline'), read('environ')])
  // The name of a program may hold anything but stands in the last pair of brackets. Z: it has ended.
  const [state, parent] = stat?.replace(/^.*\)/s, '').trim().split(' ') ?? []
  if (!command || environment === null || state === 'Z') return null
  const variables = environment.split('\0')
  return {
    pid,
    parent: Number(parent),
    command: command.replaceAll('\0', ' ').trim(),
    env: (name) => variables.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? null,
    mentions: (text) => command.includes(text) || environment.includes(text),
  }
}
