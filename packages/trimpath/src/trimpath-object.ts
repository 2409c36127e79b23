import type { TrimPathFlags } from './flags.ts'
import { type Modifier, standardModifiers } from './modifiers.ts'
import { parseTemplate, type TrimPathTemplate } from './template.ts'
import { TemplateError } from './template-error.ts'

/** The global `TrimPath` of programs of 2006. Without a DOM there is neither `parseDOMTemplate` nor `processDOMTemplate`. */
export interface TrimPathObject {
  parseTemplate(source: unknown, name?: string | null, etc?: TrimPathEtc | null): TrimPathTemplate
  parseTemplate_etc: TrimPathEtc
}

export interface TrimPathEtc {
  /** Programs add modifiers of theirs here; templates parsed before see them too. */
  modifierDef: Record<string, Modifier>
  /** What parsing throws. */
  ParseError: typeof TemplateError
}

export function createTrimPath(): TrimPathObject {
  const standard: TrimPathEtc = { modifierDef: standardModifiers(), ParseError: TemplateError }
  const trimPath: TrimPathObject = {
    parseTemplate: (source, name, etc) =>
      parseTemplate(
        String(source),
        name ?? undefined,
        (etc ?? trimPath.parseTemplate_etc ?? standard).modifierDef ?? standard.modifierDef,
      ),
    parseTemplate_etc: standard,
  }
  return trimPath
}

/**
 * Puts `TrimPath` and `String.prototype.process` (not enumerable) into a global object; what is there already stays.
 */
export function installTrimPath(target: { TrimPath?: unknown; String: StringConstructor }): void {
  const existing = target.TrimPath as TrimPathObject | null | undefined
  const trimPath = existing ?? createTrimPath()
  if (!existing)
    Object.defineProperty(target, 'TrimPath', {
      value: trimPath,
      writable: true,
      configurable: true,
      enumerable: true,
    })
  if (Object.hasOwn(target.String.prototype, 'process')) return
  Object.defineProperty(target.String.prototype, 'process', {
    value: function process(this: string, data?: unknown, flags?: TrimPathFlags | null): string {
      return trimPath.parseTemplate(this).process(data, flags)
    },
    writable: true,
    configurable: true,
    enumerable: false,
  })
}
