import { parseTemplate } from './parse-template.ts'
import { type RenderTarget, renderNodes } from './render-element.ts'
import { Scope } from './scope.ts'
import { TemplateError } from './template-error.ts'

export interface TalOptions {
  /**
   * Evaluates `javascript:` expressions; `scope` has the names that the template sees, for use in `with`. Without it they
   * run as sloppy-mode code of the global scope.
   */
  javascript?: (expression: string, scope: object) => unknown
  /** Characters a run may write. Default 64 Mi. */
  maxOutputLength?: number
}

/**
 * Renders the template with `data`, which is never written to. Errors: TemplateError with the template's name and the line
 * of the expression that failed, and what it threw as `cause`.
 */
export type TalTemplate = (data: unknown, options?: TalOptions) => string

const DEFAULT_OUTPUT_LENGTH = 64 * 1024 * 1024

/**
 * Compiles a template of the dialect of Template::TAL: well-formed XHTML in, HTML out. Keep the result: rendering costs a
 * fraction of compiling. Nothing of it is run here. Options given here hold for every rendering that does not give its own.
 * Errors: TemplateError with line and column, for markup that is not well-formed and expressions that do not parse.
 */
export function compileTal(source: string, defaults: TalOptions & { name: string }): TalTemplate {
  const { name } = defaults
  const nodes = parseTemplate(String(source), name)
  return (data, given = {}) => {
    const options = { ...defaults, ...given }
    const target: RenderTarget = {
      parts: [],
      remaining: options.maxOutputLength ?? DEFAULT_OUTPUT_LENGTH,
      line: 1,
    }
    const evaluateJavaScript = options.javascript ?? evaluateInScope
    try {
      renderNodes(nodes, new Scope({ data, globals: new Map(), evaluateJavaScript }), target)
    } catch (thrown) {
      const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
      throw new TemplateError(name, target.line, what, { cause: thrown })
    }
    return target.parts.join('')
  }
}

/** Compiles and renders at once: `zimki.render.tal`. Errors as for both. */
export function renderTal(source: string, data: unknown, options: TalOptions & { name: string }): string {
  return compileTal(source, options)(data)
}

/** The code is the template's author's, who runs code here anyway. */
function evaluateInScope(expression: string, scope: object): unknown {
  return new Function('$scope', `with ($scope) { return (${expression}\n) }`)(scope)
}
