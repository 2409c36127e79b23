import { type Example, type ExampleElement, parseExample } from './example.ts'
import { asText, escapeAttribute, escapeText, isXmlName } from './xml-text.ts'

/**
 * Pours a service's data into the shape of its example and returns XML. The data of an example with one element at the top
 * is that element's content: its attributes and children by name, its text under `-text`, or just the text. An array
 * fills the element as often as it has items. What the data lacks is left out; what the example does not name is not written.
 * Errors: FroodyError `perl.methodcall.param` when the example is not well-formed.
 */
export function pour(data: unknown, example: string | Example): string {
  const shape = typeof example === 'string' ? parseExample(example) : example
  const [root] = shape
  if (!root) return pourPlain(data, 0)
  if (shape.length === 1) return pourInto(root, data ?? '')
  return shape.map((element) => pourInto(element, field(data, element.name))).join('')
}

function pourInto(element: ExampleElement, data: unknown): string {
  if (data === undefined || data === null) return ''
  if (Array.isArray(data)) return data.map((item) => pourOne(element, item)).join('')
  return pourOne(element, data)
}

function pourOne(element: ExampleElement, data: unknown): string {
  const attributes = element.attributes
    .map((name) => ({ name, value: scalar(field(data, name)) }))
    .filter(({ value }) => value !== undefined && value !== null)
    .map(({ name, value }) => ` ${name}="${escapeAttribute(value)}"`)
    .join('')
  const children = element.children.map((child) => pourInto(child, field(data, child.name))).join('')
  const content = children + escapeText(textOf(data, element))
  return content === ''
    ? `<${element.name}${attributes}/>`
    : `<${element.name}${attributes}>${content}</${element.name}>`
}

/** The text of an element: `-text`; the value itself, if it is no structure; or what stands under the element's own name. */
export function textOf(data: unknown, element: ExampleElement): unknown {
  if (!isStructure(data)) return data
  const text = field(data, '-text')
  if (text !== undefined) return scalar(text)
  const isTaken = [...element.attributes, ...element.children.map((child) => child.name)].includes(
    element.name,
  )
  return isTaken ? undefined : scalar(field(data, element.name))
}

/** A property of the data. Objects with behaviour count with what they inherit, but not with what every object has. */
export function field(data: unknown, name: string): unknown {
  if (!isStructure(data) || Array.isArray(data)) return undefined
  if (!Object.hasOwn(data, name) && (name in Object.prototype || name === 'constructor')) return undefined
  const value = (data as Record<string, unknown>)[name]
  return typeof value === 'function' ? undefined : value
}

/** A single value for an attribute or a text: an array's first; a structure has none, but by its own `toString`. */
export function scalar(value: unknown): unknown {
  const first = Array.isArray(value) ? value[0] : value
  if (!isStructure(first)) return first
  const text = (first as { toString?: unknown }).toString
  return typeof text === 'function' && text !== Object.prototype.toString ? String(first) : undefined
}

export const isStructure = (data: unknown): data is object =>
  typeof data === 'object' && data !== null && !(data instanceof Date)

const MAX_DEPTH = 32

/** Without an example: every property is an element, every item of an array another one of its name. */
export function pourPlain(data: unknown, depth: number): string {
  if (!isStructure(data)) return typeof data === 'function' ? '' : escapeText(asText(data))
  if (depth >= MAX_DEPTH) return ''
  const entries = Array.isArray(data) ? data.map((item) => ['item', item] as const) : Object.entries(data)
  return entries
    .filter(([name, value]) => isXmlName(name) && value !== undefined && typeof value !== 'function')
    .map(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .map((item) => `<${name}>${pourPlain(item, depth + 1)}</${name}>`)
        .join(''),
    )
    .join('')
}
