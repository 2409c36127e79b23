import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { allOf, lastOf, type UnitFile } from './unit-file.ts'

/** Names of the settings that give a unit folders of its own, and where they are. */
const BASES = {
  RuntimeDirectory: '/run',
  StateDirectory: '/var/lib',
  CacheDirectory: '/var/cache',
  LogsDirectory: '/var/log',
  ConfigurationDirectory: '/etc',
} as const

export interface UnitFolder {
  /** `RuntimeDirectory` */
  setting: string
  path: string
}

export function unitFolders(unit: UnitFile): UnitFolder[] {
  return Object.entries(BASES).flatMap(([setting, base]) =>
    allOf(unit, 'Service', setting)
      .flatMap((line) => line.split(/\s+/))
      .map((name) => ({ setting, path: `${base}/${name}` })),
  )
}

export function makeFolders(unit: UnitFile, user: { uid: number; gid: number } | null): void {
  for (const { setting, path } of unitFolders(unit)) {
    mkdirSync(path, { recursive: true })
    chmodSync(path, Number.parseInt(lastOf(unit, 'Service', `${setting}Mode`) ?? '0755', 8))
    if (user) chownSync(path, user.uid, user.gid)
  }
}

/** A runtime folder goes with the unit, unless it is kept. */
export function dropFolders(unit: UnitFile, restarts: boolean): void {
  const preserve = lastOf(unit, 'Service', 'RuntimeDirectoryPreserve') ?? 'no'
  if (preserve === 'yes' || (preserve === 'restart' && restarts)) return
  for (const { setting, path } of unitFolders(unit)) {
    if (setting === 'RuntimeDirectory') rmSync(path, { recursive: true, force: true })
  }
}
