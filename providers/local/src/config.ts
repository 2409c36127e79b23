import { availableParallelism, totalmem } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { Hardening } from '@openzimki/provider'

export interface LocalConfig {
  /** The platform whose machines these are. */
  owner: string
  /** Absolute folder, kept across restarts: what runs is found again by what is written here. */
  stateDir: string
  /** Argument vector of the agent: an absolute program (`process.execPath`), its flags, the entry. */
  command: readonly string[]
  /** Default 8. */
  maxMachines?: number
  /** What the agent does for its cells on this host; the composition root asks the agent. Default: nothing. */
  hardening?: readonly Hardening[]
}

export interface CheckedLocalConfig {
  owner: string
  /** Folder of this owner's machines. */
  machinesDir: string
  command: readonly [string, ...string[]]
  maxMachines: number
  hardening: readonly Hardening[]
  cpus: number
  memoryBytes: number
}

/** INVALID_ARGUMENT naming the setting. The owner's shape is checked by the portable layer. */
export function checkConfig(config: LocalConfig): CheckedLocalConfig {
  const { owner, stateDir, command, maxMachines = 8, hardening = [] } = config
  if (!isAbsolute(stateDir))
    throw invalid(`stateDir must be an absolute path, not ${JSON.stringify(stateDir)}`)
  const [program, ...rest] = command
  if (program === undefined || !isAbsolute(program)) {
    throw invalid('command must begin with the absolute path of the program that runs the agent')
  }
  if (!Number.isInteger(maxMachines) || maxMachines < 1) {
    throw invalid(`maxMachines must be a whole number above 0, not ${maxMachines}`)
  }
  return {
    owner,
    machinesDir: join(stateDir, owner),
    command: [program, ...rest],
    maxMachines,
    hardening,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
  }
}

const invalid = (message: string) => new PlatformError('INVALID_ARGUMENT', `local provider: ${message}`)
