import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where Debian puts the programs of each release. */
const DEBIAN = '/usr/lib/postgresql'

/** The folder with `initdb` and `postgres`, the newest first; null when PostgreSQL is not installed. */
export function findPostgresPrograms(path = process.env.PATH ?? ''): string | null {
  const releases = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [...releases.map((release) => join(DEBIAN, release, 'bin')), ...path.split(':')]
  return (
    folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ??
    null
  )
}
