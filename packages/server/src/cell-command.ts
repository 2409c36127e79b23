import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engineModules } from '@openzimki/runtime'
import { NODE_FLAGS } from './node-flags.ts'

export interface CellCommandParts {
  /** Of the machine's agent. */
  runDir: string
  /** Where the snapshots are, and the program may be. */
  cache: string
  /** Path of the program of a cell. */
  program: string
  snapshots: readonly string[]
  /** Path of the store's socket, where all cells have the same. */
  storeSocket: string | null
}

/**
 * How a cell is started with the files of this installation, under Node's own permissions: no child processes, no threads, no file but its
 * program, snapshots and sockets. Neither the agent's key nor its spool, nor anything of another machine.
 */
export function cellCommand(parts: CellCommandParts): [string, ...string[]] {
  const { runDir, cache, program, snapshots, storeSocket } = parts
  const installation = fileURLToPath(new URL('../../..', import.meta.url))
  const sockets = [`${runDir}/s/`, `${runDir}/empty/`, ...(storeSocket === null ? [] : [storeSocket])]
  // The engine asks which C library there is and how busy the host is, and the meter what each thread burned.
  const code = [installation, engineModules() + sep]
  const readable = [...code, cache, '/etc/alpine-release', '/proc/self/task/', '/proc/loadavg', ...sockets]
  return [
    ...([process.execPath, ...NODE_FLAGS] as [string, ...string[]]),
    ...['--permission', '--disable-warning=PERM0001', '--allow-addons', '--allow-net'],
    ...sockets.map((path) => `--allow-fs-write=${path}`),
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...[program, ...snapshots],
  ]
}
