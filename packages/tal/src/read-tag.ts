import { decodeEntities } from './entities.ts'

export interface Tag {
  name: string
  attributes: TagAttribute[]
  /** `<br/>` */
  selfClosing: boolean
  /** Index after the `>`. */
  end: number
}

export interface TagAttribute {
  name: string
  /** As written between the quotes. */
  markup: string
  /** Index of its name. */
  at: number
}

/** Markup that is not well-formed, and where. Whoever knows the template makes a TemplateError of it. */
export class MarkupFault extends Error {
  readonly at: number

  constructor(at: number, what: string) {
    super(what)
    this.at = at
  }
}

const NAME = /[A-Za-z_:\u00b7-\uffff][\w:.\u00b7-\uffff-]*/y
const SPACE = /\s*/y

/** The name at an index, or an empty text. */
export function readName(source: string, at: number): string {
  return match(NAME, source, at)
}

/** Reads the start tag at `at`, no further than to `limit`. Throws MarkupFault. */
export function readTag(source: string, at: number, limit = source.length): Tag {
  const name = readName(source, at + 1)
  if (name === '') throw new MarkupFault(at, '< must begin a tag; write &lt; for the character')
  const attributes: TagAttribute[] = []
  const seen = new Set<string>()
  let next = at + 1 + name.length
  for (;;) {
    const space = match(SPACE, source, next)
    next += space.length
    if (source[next] === '>') return { name, attributes, selfClosing: false, end: next + 1 }
    if (source.startsWith('/>', next)) return { name, attributes, selfClosing: true, end: next + 2 }
    if (next >= limit || readName(source, next) === '')
      throw new MarkupFault(at, `the tag <${name}> is not closed`)
    if (space === '') throw new MarkupFault(next, `a space is missing between the attributes of <${name}>`)
    const { attribute, end } = readAttribute(source, next, limit)
    if (seen.has(attribute.name)) throw new MarkupFault(next, `the attribute ${attribute.name} stands twice`)
    seen.add(attribute.name)
    attributes.push(attribute)
    next = end
  }
}

function readAttribute(source: string, at: number, limit: number): { attribute: TagAttribute; end: number } {
  const name = readName(source, at)
  let next = at + name.length
  next += match(SPACE, source, next).length
  if (source[next] !== '=')
    throw new MarkupFault(at, `the attribute ${name} has no value; write ${name}="${name}"`)
  next += 1 + match(SPACE, source, next + 1).length
  const quote = source.charAt(next)
  if (quote !== '"' && quote !== "'")
    throw new MarkupFault(at, `the value of the attribute ${name} must stand in quotes`)
  const close = source.indexOf(quote, next + 1)
  if (close < 0 || close >= limit) throw new MarkupFault(at, `the value of the attribute ${name} has no end`)
  const markup = source.slice(next + 1, close)
  if (markup.includes('<'))
    throw new MarkupFault(at, `the value of the attribute ${name} has a <; write &lt;, or a quote is missing`)
  return { attribute: { name, markup, at }, end: close + 1 }
}

/** The characters of an attribute's value. */
export const attributeText = (attribute: TagAttribute): string => decodeEntities(attribute.markup)

function match(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}
