import { readFileSync } from 'node:fs'
import { allOf, lastOf, type UnitFile } from './unit-file.ts'
import { unitFolders } from './unit-folders.ts'
import { rawWords } from './words.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What the programs of a unit find in their environment: systemd's own, Environment=, EnvironmentFile=. */
export function environmentOf(unit: UnitFile, invocationId: string): Record<string, string> {
  const environment: Record<string, string> = { PATH, LANG: 'C.UTF-8', INVOCATION_ID: invocationId }
  const user = lastOf(unit, 'Service', 'User') ?? 'root'
  const entry = passwdOf(user)
  if (entry) Object.assign(environment, { HOME: entry.home, LOGNAME: user, USER: user, SHELL: entry.shell })
  for (const [setting, folders] of Map.groupBy(unitFolders(unit), (one) => one.setting)) {
    const name = setting.replace('Directory', '_DIRECTORY').toUpperCase()
    environment[name] = folders.map(({ path }) => path).join(':')
  }
  for (const line of allOf(unit, 'Service', 'Environment')) {
    for (const { text } of rawWords(line)) assign(environment, text)
  }
  for (const path of allOf(unit, 'Service', 'EnvironmentFile')) readInto(environment, path)
  return environment
}

function readInto(environment: Record<string, string>, path: string): void {
  const optional = path.startsWith('-')
  try {
    const text = readFileSync(optional ? path.slice(1) : path, 'utf8')
    for (const line of text.split('\n')) {
      const trimmed = line.trim()
      if (trimmed === '' || /^[#;]/.test(trimmed)) continue
      const value = trimmed.slice(trimmed.indexOf('=') + 1).trim()
      const quoted = /^"(.*)"$|^'(.*)'$/.exec(value)
      assign(
        environment,
        `${trimmed.slice(0, trimmed.indexOf('='))}=${quoted ? (quoted[1] ?? quoted[2]) : value}`,
      )
    }
  } catch (thrown) {
    if (!optional) throw new Error(`Failed to load environment files: ${path}: ${(thrown as Error).message}`)
  }
}

function assign(environment: Record<string, string>, text: string): void {
  const at = text.indexOf('=')
  if (at > 0) environment[text.slice(0, at).trim()] = text.slice(at + 1)
}

export interface PasswdEntry {
  uid: number
  gid: number
  home: string
  shell: string
}

export function passwdOf(user: string): PasswdEntry | null {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid, , home = '/', shell = '/bin/sh'] = line.split(':')
    if (name === user || uid === user) return { uid: Number(uid), gid: Number(gid), home, shell }
  }
  return null
}
