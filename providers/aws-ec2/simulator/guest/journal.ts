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

export interface Output {
  out: 'pipe' | 'ignore' | number
  /** What is piped goes to the console too. */
  console: boolean
  /** To be called when the program has it. */
  done(): void
}

/** Where a unit's programs write: into the journal, or where StandardOutput= says. */
export function outputOf(unit: UnitFile): Output {
  const said = lastOf(unit, 'Service', 'StandardOutput') ?? 'journal'
  const done = () => undefined
  if (said === 'null') return { out: 'ignore', console: false, done }
  const [, kind, path] = /^(file|append|truncate):(.+)$/.exec(said) ?? []
  if (path === undefined) return { out: 'pipe', console: said.includes('console') || said === 'tty', done }
  const descriptor = openSync(path, kind === 'append' ? 'a' : 'w')
  return { out: descriptor, console: false, done: () => closeSync(descriptor) }
}
