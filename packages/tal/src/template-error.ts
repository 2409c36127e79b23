/** What went wrong in a template, and where. `message` names the template and the line; both are also properties. */
export class TemplateError extends Error {
  /** Name of the template, as it was given. */
  readonly template: string
  /** Line in the template, from 1. */
  readonly line: number

  constructor(template: string, line: number, what: string, options: { cause?: unknown } = {}) {
    super(`template "${template}", line ${line}: ${what}`, options)
    this.name = 'TemplateError'
    this.template = template
    this.line = line
  }
}
