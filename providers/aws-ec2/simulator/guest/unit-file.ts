/** A systemd unit as it was read: sections, and in them every value of a name, in order. */
export interface UnitFile {
  name: string
  path: string
  sections: Map<string, Map<string, string[]>>
}

/** Reads the syntax of systemd.syntax(7): sections, `Name=value`, comments, and lines continued by a backslash. An empty value forgets those before. */
export function parseUnit(name: string, path: string, text: string): UnitFile {
  const sections: UnitFile['sections'] = new Map()
  let section = new Map<string, string[]>()
  for (const line of text.replaceAll(/\s*\\\r?\n\s*/g, ' ').split(/\r?\n/)) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue
    const heading = /^\[(.+)\]$/.exec(trimmed)?.[1]
    if (heading !== undefined) {
      section = sections.get(heading) ?? new Map()
      sections.set(heading, section)
      continue
    }
    const at = trimmed.indexOf('=')
    if (at < 1) continue
    const [key, value] = [trimmed.slice(0, at).trim(), trimmed.slice(at + 1).trim()]
    section.set(key, value === '' ? [] : [...(section.get(key) ?? []), value])
  }
  return { name, path, sections }
}

export const allOf = (unit: UnitFile, section: string, name: string): string[] =>
  unit.sections.get(section)?.get(name) ?? []

/** The last one said. */
export const lastOf = (unit: UnitFile, section: string, name: string): string | undefined =>
  allOf(unit, section, name).at(-1)

export const flagOf = (unit: UnitFile, section: string, name: string): boolean =>
  ['yes', 'true', 'on', '1'].includes(lastOf(unit, section, name)?.toLowerCase() ?? '')

/** `5`, `5s`, `1min 30s`, `200ms` in milliseconds. */
export function spanMs(text: string | undefined, fallbackMs: number): number {
  if (text === undefined) return fallbackMs
  if (text === 'infinity') return 2 ** 31 - 1
  const units: Record<string, number> = {
    ms: 1,
    '': 1000,
    s: 1000,
    sec: 1000,
    m: 60_000,
    min: 60_000,
    h: 3_600_000,
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g)]
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 1000), 0)
}
