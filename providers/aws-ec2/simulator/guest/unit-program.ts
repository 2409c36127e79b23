import { type ChildProcess, spawn } from 'node:child_process'
import type { Journal } from './journal.ts'
import { outputOf } from './journal.ts'
import type { Ending } from './restart-policy.ts'
import { sandboxOf } from './sandbox.ts'
import { lastOf, type UnitFile } from './unit-file.ts'
import { wordsOf } from './words.ts'

/** Starts one command line of a unit, as Exec*= has it. */
export function spawnLine(
  unit: UnitFile,
  line: string,
  environment: Record<string, string>,
  journal: Journal,
): ChildProcess {
  const [, prefix = '', command = ''] = /^([-@+!:]*)(.*)$/s.exec(line) ?? []
  const words = [...sandboxOf(unit, /[+!]/.test(prefix)), ...wordsOf(command, environment)]
  const [program = '', ...args] = words
  const { out, console, done } = outputOf(unit)
  const child = spawn(program, args, {
    env: environment,
    cwd: workingFolder(unit, environment),
    detached: true,
    stdio: ['ignore', out, out],
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8')
    stream?.on('data', (text: string) => {
      journal.write(unit.name, text)
      if (console) process.stdout.write(text)
    })
  }
  done()
  return child
}

/** A `-` before a command line: its failure does not count. */
export const mayFail = (line: string): boolean => /^[@+!:]*-/.test(line)

export async function hasStarted(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) return
  await new Promise((_resolve, reject) => child.once('error', reject))
}

export function endOf(child: ChildProcess): Promise<Ending> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')))
}

function workingFolder(unit: UnitFile, environment: Record<string, string>): string {
  const said = lastOf(unit, 'Service', 'WorkingDirectory') ?? '/'
  return said.replace(/^-/, '').replace(/^~$/, environment.HOME ?? '/')
}
