import { parseTemplate } from './template.ts'

export interface RenderOptions {
  /** Name of the template, for errors. */
  name: string
  keepWhitespace?: boolean
  /** Characters a run may write. Default 64 Mi. */
  maxOutputLength?: number
}

/** Parses and runs a template once: `zimki.render.trimpath`. Errors: TemplateError with the template's name and the line. */
export function renderTrimPath(source: string, data: unknown, options: RenderOptions): string {
  const { name, keepWhitespace = false, maxOutputLength } = options
  return parseTemplate(source, name).process(data, {
    throwExceptions: true,
    keepWhitespace,
    ...(maxOutputLength === undefined ? {} : { maxOutputLength }),
  })
}
