import { Script } from 'node:vm'
import { type Artifact, e4xHint } from '@openzimki/core'
import type { Fault } from './fault.ts'

/** Compiles each script and test without running it. At most one fault a file, because a compiler stops there. */
export function* syntaxFaults(artifact: Artifact): Generator<Fault> {
  const scripts = artifact.kind === 'script' ? artifact.scripts : []
  for (const { name, source } of scripts) yield* faultsOf(`javascript/${name}`, source)
  for (const { name, source } of artifact.tests) yield* faultsOf(`unittests/${name}`, source)
}

/** Stands for the file, whose name may hold anything. */
const FILENAME = 'checked-source'

function* faultsOf(file: string, source: string): Generator<Fault> {
  try {
    new Script(source, { filename: FILENAME })
  } catch (error) {
    yield { file, ...placeOf(error), message: messageOf(error, source) }
  }
}

/** Not instanceof: an error of another context has another Error. */
function messageOf(error: unknown, source: string): string {
  const { message } = error as { message?: unknown }
  return `${String(error)}${e4xHint(String(message), source)}`
}

/** V8 writes the place, the line and a caret before the stack. */
function placeOf(error: unknown): { line: number | null; column: number | null } {
  const [place = '', , caret = ''] = String((error as Error | null)?.stack ?? '').split('\n')
  const match = new RegExp(`^${FILENAME}:(\\d+)$`).exec(place)
  if (!match) return { line: null, column: null }
  return { line: Number(match[1]), column: /^\s*\^/.test(caret) ? caret.indexOf('^') + 1 : null }
}
