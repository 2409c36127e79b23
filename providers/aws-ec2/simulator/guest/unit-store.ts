import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { allOf, parseUnit, type UnitFile } from './unit-file.ts'

const ETC = '/etc/systemd/system'
const FOLDERS = [ETC, '/run/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system']
const TARGETS = ['multi-user.target', 'default.target', 'graphical.target', 'basic.target', 'sysinit.target']

/** `zimki` and `zimki.service` are one. */
export const fullName = (name: string): string => (/\.\w+$/.test(name) ? name : `${name}.service`)

/** Null: there is no such unit. Drop-in files (`name.d/*.conf`) are read after it. */
export function loadUnit(given: string): UnitFile | null {
  const name = fullName(given)
  if (name.includes('/')) return null
  const path = FOLDERS.map((folder) => join(folder, name)).find((one) => existsSync(one))
  if (path === undefined) return null
  const extra = FOLDERS.toReversed().flatMap((folder) => dropIns(join(folder, `${name}.d`)))
  const text = [path, ...extra].map((one) => readFileSync(one, 'utf8')).join('\n')
  return parseUnit(name, path, text)
}

function dropIns(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(folder, name))
}

/** Links it into what wants it; says what it did, as systemctl does. */
export function enable(unit: UnitFile): string[] {
  const links = wantedLinks(unit)
  return links.flatMap((link) => {
    if (existsSync(link)) return []
    mkdirSync(join(link, '..'), { recursive: true })
    symlinkSync(unit.path, link)
    return [`Created symlink ${link} -> ${unit.path}.`]
  })
}

export function disable(unit: UnitFile): string[] {
  const links = wantedLinks(unit).filter((link) => existsSync(link))
  for (const link of links) rmSync(link)
  return links.map((link) => `Removed "${link}".`)
}

export function isEnabled(unit: UnitFile): boolean {
  return wantedLinks(unit).some((link) => existsSync(link))
}

function wantedLinks(unit: UnitFile): string[] {
  return allOf(unit, 'Install', 'WantedBy')
    .flatMap((one) => one.split(/\s+/))
    .map((target) => join(ETC, `${target}.wants`, unit.name))
}

/** What starts with the machine. */
export function enabledUnits(): UnitFile[] {
  const names = TARGETS.flatMap((target) => {
    const folder = join(ETC, `${target}.wants`)
    return existsSync(folder) ? readdirSync(folder) : []
  })
  return [...new Set(names)].sort().flatMap((name) => loadUnit(name) ?? [])
}
