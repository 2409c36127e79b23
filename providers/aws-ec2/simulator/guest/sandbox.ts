import { passwdOf } from './unit-environment.ts'
import { allOf, flagOf, lastOf, type UnitFile } from './unit-file.ts'
import { unitFolders } from './unit-folders.ts'

const SCRIPT = '/usr/lib/ec2-guest/sandbox.sh'
/** systemd takes one of 61184 to 65519 for DynamicUser=. */
const DYNAMIC_UID = 61_184

/**
 * What stands before a program of a unit so that it has only what the unit gives it: mounts, capabilities, user. What needs seccomp or the
 * kernel's filters by control group (Restrict*=, SystemCall*=, IPAddress*=, memory and tasks) is not simulated.
 */
export function sandboxOf(unit: UnitFile, privileged: boolean): string[] {
  if (privileged) return []
  return [...mountWords(unit), ...privilegeWords(unit)]
}

/** Whom its programs run as; null: root. */
export function userOf(unit: UnitFile): { uid: number; gid: number } | null {
  const user = lastOf(unit, 'Service', 'User')
  if (user !== undefined) {
    const entry = passwdOf(user)
    if (!entry) throw new Error(`Failed to determine user credentials: no such user ${user}`)
    return entry
  }
  return flagOf(unit, 'Service', 'DynamicUser') ? { uid: DYNAMIC_UID, gid: DYNAMIC_UID } : null
}

function mountWords(unit: UnitFile): string[] {
  const dynamic = flagOf(unit, 'Service', 'DynamicUser')
  const said = (name: string) => yes(lastOf(unit, 'Service', name))
  // DynamicUser= brings these with it.
  const system = said('ProtectSystem') ?? (dynamic ? 'strict' : 'no')
  const home = said('ProtectHome') ?? (dynamic ? 'read-only' : 'no')
  const tmp = said('PrivateTmp') ?? (dynamic ? 'yes' : 'no')
  if (system === 'no' && home === 'no' && tmp === 'no') return []
  const own = unitFolders(unit).map(({ path }) => path)
  const given = ['ReadWritePaths', 'BindPaths'].flatMap((name) => allOf(unit, 'Service', name))
  const writable = [...own, ...given.flatMap((line) => line.split(/\s+/))].join(':')
  return [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '/bin/sh',
    SCRIPT,
    system,
    home,
    tmp,
    writable,
    '--',
  ]
}

function privilegeWords(unit: UnitFile): string[] {
  const words: string[] = []
  const user = userOf(unit)
  const bounding = allOf(unit, 'Service', 'CapabilityBoundingSet')
  const ambient = capabilities(allOf(unit, 'Service', 'AmbientCapabilities'))
  const names = capabilities(bounding)
  const isSet = unit.sections.get('Service')?.has('CapabilityBoundingSet') === true
  if (isSet && !bounding.some((line) => line.startsWith('~'))) words.push(`--bounding-set=-all${plus(names)}`)
  if (ambient.length > 0)
    words.push(`--inh-caps=${plus(ambient).slice(1)}`, `--ambient-caps=${plus(ambient).slice(1)}`)
  if (user) {
    const group = lastOf(unit, 'Service', 'Group')
    words.push(`--reuid=${user.uid}`, `--regid=${group ?? user.gid}`)
    words.push(lastOf(unit, 'Service', 'User') ? '--init-groups' : '--clear-groups')
  }
  if (flagOf(unit, 'Service', 'NoNewPrivileges')) words.push('--no-new-privs')
  return words.length === 0 ? [] : ['setpriv', ...words, '--']
}

const capabilities = (lines: string[]): string[] =>
  lines.flatMap((line) => line.split(/\s+/)).map((name) => name.replace(/^CAP_/, '').toLowerCase())

const plus = (names: string[]): string => names.map((name) => `,+${name}`).join('')

function yes(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (['true', 'on', '1'].includes(value)) return 'yes'
  return ['false', 'off', '0'].includes(value) ? 'no' : value
}
