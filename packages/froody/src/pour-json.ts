import { type Example, type ExampleElement, parseExample } from './example.ts'
import { field, isStructure, scalar, textOf } from './pour.ts'

/**
 * The same data as `pour`, for JSON: objects of attributes and children, an array for what repeats or comes as one,
 * `-text` for text beside them, the bare value for an element of text alone. Only what the example names comes through.
 */
export function pourJson(data: unknown, example: string | Example): unknown {
  const shape = typeof example === 'string' ? parseExample(example) : example
  const [root] = shape
  if (!root) return data ?? null
  if (shape.length === 1) return jsonOf(root, data) ?? null
  return Object.fromEntries(
    shape
      .map((element) => [element.name, jsonOf(element, field(data, element.name))] as const)
      .filter(([, value]) => value !== undefined),
  )
}

function jsonOf(element: ExampleElement, data: unknown): unknown {
  if (data === undefined || data === null) return element.repeats ? [] : undefined
  if (Array.isArray(data)) return data.map((item) => oneOf(element, item))
  const one = oneOf(element, data)
  return element.repeats ? [one] : one
}

function oneOf(element: ExampleElement, data: unknown): unknown {
  const text = textOf(data, element)
  const isLeaf = element.attributes.length === 0 && element.children.length === 0
  if (isLeaf || !isStructure(data)) return text ?? ''
  const entries: [string, unknown][] = [
    ...element.attributes.map((name): [string, unknown] => [name, scalar(field(data, name))]),
    ...element.children.map((child): [string, unknown] => [
      child.name,
      jsonOf(child, field(data, child.name)),
    ]),
    ['-text', text],
  ]
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null))
}
