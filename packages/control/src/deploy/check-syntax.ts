import { Script } from 'node:vm'
import { type Artifact, PlatformError } from '@openzimki/core'

/** Compiles each script and test without running it. SCRIPT_ERROR with file, line and column of the first that fails. */
export function checkSyntax(artifact: Artifact): void {
  if (artifact.kind === 'script') {
    for (const { name, source } of artifact.scripts) compile(`javascript/${name}`, source)
  }
  for (const { name, source } of artifact.tests) compile(`unittests/${name}`, source)
}

/** Stands for the file, whose name may hold anything. */
const FILENAME = 'checked-source'

function compile(file: string, source: string): void {
  try {
    new Script(source, { filename: FILENAME })
  } catch (error) {
    const { line, column, text } = placeOf(error)
    const at = line === null ? file : `${file}:${line}${column === null ? '' : `:${column}`}`
    const hint =
      text !== null && /[=(,:?&|]\s*<[\w>!]/.test(text)
        ? ' E4X (XML in the program) is gone from JavaScript: use a template.'
        : ''
    throw new PlatformError(
      'SCRIPT_ERROR',
      `${at}: ${messageOf(error)}.${hint} Nothing was deployed; mend it and deploy again`,
      {
        details: { file, line, column, source: text },
      },
    )
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
