import { Script } from 'node:vm'
import type { Artifact } from '@openzimki/core'
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
    const { line, column, text } = placeOf(error)
    const hint =
      text !== null && /[=(,:?&|]\s*<[\w>!]/.test(text)
        ? '. E4X (XML in the program) is gone from JavaScript: use a template'
        : ''
    yield { file, line, column, message: `${messageOf(error)}${hint}` }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

/** V8 writes the place, the line and a caret before the stack. */
function placeOf(error: unknown): { line: number | null; column: number | null; text: string | null } {
  const [place = '', text = '', caret = ''] = String((error as Error | null)?.stack ?? '').split('\n')
  const match = new RegExp(`^${FILENAME}:(\\d+)$`).exec(place)
  if (!match) return { line: null, column: null, text: null }
  const column = /^\s*\^/.test(caret) ? caret.indexOf('^') + 1 : null
  return { line: Number(match[1]), column, text: text.slice(0, 200) }
}
