/** What went wrong in a template, and where. `message` names the template and the line; both are also properties. */
export class TemplateError extends Error {
  /** Name of the template, as it was given. */
  readonly template: string
  /** Line in the template, from 1. */
  readonly line: number
  /** What went wrong, without the place. */
  readonly reason: string

  constructor(template: string, line: number, reason: string, options: { cause?: unknown } = {}) {
    super(
      `template "${template}", line ${line}: ${reason}`,
      'cause' in options ? { cause: options.cause } : {},
    )
    this.name = 'TemplateError'
    this.template = template
    this.line = line
    this.reason = reason
  }
}
