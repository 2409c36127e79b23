import { readFileSync } from 'node:fs'
import { shellExports, shellWord } from './shell-words.ts'

/** Exit statuses of host-program.sh. */
export const FULL_STATUS = 75
export const GONE_STATUS = 74
export const UNENDING_STATUS = 76

/** At a machine that is waited for. */
export const LOOKS_PER_SECOND = 100

const FUNCTIONS = readFileSync(new URL('host-program.sh', import.meta.url), 'utf8')

/** What each function is called with. */
export type HostCall =
  | ['launch', folder: string, id: string, record: string, most: string, ...command: string[]]
  | ['show' | 'ask' | 'force' | 'destroy', machine: string]
  | ['wait_for_end', machine: string, looks: string]
  | ['logs', machine: string, bytes: string]
  | ['show_all' | 'offer', folder: string]
  | ['check', folder: string, program: string]

/**
 * The program as a shell reads it on its standard input. It is one group, which a shell runs only once it has all of it: of a
 * connection that is cut, all is done or nothing. Its own environment is empty (see `SshHost`) but for PATH.
 */
export function hostProgram(call: HostCall, env: Readonly<Record<string, string>> = {}): string {
  const [name, ...values] = call
  const words = values.map(shellWord).join(' ')
  return `{\n${FUNCTIONS}\nenvironment() {\nunset PATH\n${shellExports(env)}}\n${name} ${words}\nexit 0\n}\n`
}
