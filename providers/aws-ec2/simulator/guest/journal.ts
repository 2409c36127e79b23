import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { lastOf, type UnitFile } from './unit-file.ts'

const FOLDER = '/var/log/ec2-guest'

/** What units say, by unit; what systemd itself says also goes to the console. */
export class Journal {
  constructor() {
    mkdirSync(FOLDER, { recursive: true })
  }

  write(unit: string, text: string): void {
    appendFileSync(journalFile(unit), text)
  }

  note(text: string): void {
    const [unit = 'systemd'] = text.split(':')
    this.write(unit, `systemd[1]: ${text}\n`)
    process.stdout.write(`systemd[1]: ${text}\n`)
  }
}

export const journalFile = (unit: string): string => `${FOLDER}/${unit}.log`

/** Where a unit's programs write: into the journal, or where StandardOutput= says. `done` after they have it. */
export function outputOf(unit: UnitFile): { out: 'pipe' | 'ignore' | number; done: () => void } {
  const said = lastOf(unit, 'Service', 'StandardOutput') ?? 'journal'
  const nothing = () => undefined
  if (said === 'null') return { out: 'ignore', done: nothing }
  const [, kind, path] = /^(file|append|truncate):(.+)$/.exec(said) ?? []
  const target = path ?? (said.includes('console') || said === 'tty' ? '/dev/console' : undefined)
  if (target === undefined) return { out: 'pipe', done: nothing }
  const descriptor = openSync(target, kind === 'append' ? 'a' : 'w')
  return { out: descriptor, done: () => closeSync(descriptor) }
}
