import { makeContext } from './context.ts'
import type { TrimPathFlags } from './flags.ts'
import { type Generated, generate } from './generate.ts'
import { type Modifier, standardModifiers } from './modifiers.ts'
import { Output, type RunState } from './output.ts'
import { TemplateError } from './template-error.ts'

export interface TrimPathTemplate {
  readonly name: string
  readonly source: string
  /** The JavaScript it became. */
  readonly sourceFunc: string
  /**
   * As in the library of 2006: the text; after an error the text so far and `[ERROR: ...]`, as a String object with the
   * error in `exception`, or with `flags.throwExceptions` a thrown TemplateError. `data` is never written to.
   */
  process(data?: unknown, flags?: TrimPathFlags | null): string
  toString(): string
}

type Run = (out: Output, context: object, flags: TrimPathFlags) => void

const DEFAULT_OUTPUT_LENGTH = 64 * 1024 * 1024

/**
 * Makes a template of its source; nothing of it is run here. `modifiers` replaces the standard ones.
 * Errors: TemplateError, with the line, for statements and for JavaScript that do not parse.
 */
export function parseTemplate(
  source: string,
  name = '(unnamed)',
  modifiers: Record<string, Modifier> = standardModifiers(),
): TrimPathTemplate {
  const text = String(source)
  const generated = generate(text, name)
  const run = compile(generated, name)
  return {
    name,
    source: text,
    sourceFunc: generated.code,
    process: (data, flags) =>
      processTemplate({ run, name, modifiers, declares: generated.declares }, data, flags ?? {}),
    toString: () => `TrimPath.Template [${name}]`,
  }
}

/** Sloppy-mode functions of the global scope, as `with` and the programs of 2006 need; the code is the template's author's. */
function compile(generated: Generated, name: string): Run {
  try {
    return new Function('_OUT', '_CONTEXT', '_FLAGS', generated.code) as Run
  } catch (error) {
    for (const piece of generated.pieces) {
      const fault = syntaxFault(piece.check)
      if (fault)
        throw new TemplateError(name, piece.line, `${piece.shown} is not valid JavaScript: ${fault}`, {
          cause: error,
        })
    }
    throw new TemplateError(name, 1, `the JavaScript in it does not fit together: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function syntaxFault(code: string): string | null {
  try {
    new Function(`(${code});`)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

interface Compiled {
  run: Run
  name: string
  modifiers: Record<string, Modifier>
  declares: ReadonlySet<string>
}

function processTemplate(compiled: Compiled, data: unknown, flags: TrimPathFlags): string {
  const { name, modifiers, declares } = compiled
  const state: RunState = { line: 1, remaining: flags.maxOutputLength ?? DEFAULT_OUTPUT_LENGTH }
  const out = new Output(state)
  try {
    compiled.run(out, makeContext({ data, modifiers, declares, state, out, flags }), flags)
    return out.text()
  } catch (thrown) {
    const error =
      thrown instanceof TemplateError && thrown.template === name
        ? thrown
        : new TemplateError(name, state.line, messageOf(thrown), { cause: thrown })
    if (flags.throwExceptions) throw error
    const result = new String(`${out.text()}[ERROR: ${error.message}]`)
    return Object.assign(result, { exception: error }) as unknown as string
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
}
