const MAX_ITEMS = 100
const MAX_STRING = 10_000
const LINE_LENGTH = 72
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/**
 * A value as text in the manner of Node's `util.inspect`. Calls no getter of the program's and never throws: it serves
 * logs and error messages.
 */
export function inspect(value: unknown, depth = 2): string {
  try {
    return show(value, depth, [])
  } catch (error) {
    return `[value that cannot be shown: ${typeof error === 'object' ? 'it throws' : String(error)}]`
  }
}

function show(value: unknown, depth: number, parents: object[]): string {
  switch (typeof value) {
    case 'string':
      return quote(value.length > MAX_STRING ? `${value.slice(0, MAX_STRING)}...` : value)
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : `${value}`
    case 'function':
      return showFunction(value)
    case 'object':
      return value === null ? 'null' : showObject(value, depth, parents)
    default:
      return String(value)
  }
}

function showObject(value: object, depth: number, parents: object[]): string {
  if (parents.includes(value)) return '[Circular]'
  const leaf = showLeaf(value)
  if (leaf !== null) return leaf
  const name = className(value)
  if (depth < 0) return Array.isArray(value) ? '[Array]' : `[${name ?? 'Object: null prototype'}]`
  const inner = [...parents, value]
  const each = (item: unknown): string => show(item, depth - 1, inner)
  if (Array.isArray(value))
    return layout('[', [...showItems(value, each), ...showProperties(value, each)], ']')
  if (ArrayBuffer.isView(value)) return showView(value, name ?? '')
  if (value instanceof Map) {
    const entries = first(Map.prototype.entries.call(value), ([key, item]) => `${each(key)} => ${each(item)}`)
    return layout(`Map(${value.size}) {`, entries, '}')
  }
  if (value instanceof Set) {
    return layout(`Set(${value.size}) {`, first(Set.prototype.values.call(value), each), '}')
  }
  const prefix = name === 'Object' ? '' : `${name ?? '[Object: null prototype]'} `
  return layout(`${prefix}{`, showProperties(value, each), '}')
}

function first<T>(items: Iterable<T>, each: (item: T) => string): string[] {
  const shown: string[] = []
  for (const item of items) {
    if (shown.length === MAX_ITEMS) return [...shown, '... more items']
    shown.push(each(item))
  }
  return shown
}

/** Values that are shown without looking inside; null for all others. */
function showLeaf(value: object): string | null {
  if (Error.isError(value)) return showError(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof RegExp) return RegExp.prototype.toString.call(value)
  if (value instanceof Promise) return 'Promise { ... }'
  if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return `[${className(value)}: ${show(value.valueOf(), 0, [])}]`
  }
  const summary = (value as { [SUMMARY]?: unknown })[SUMMARY]
  return typeof summary === 'function' ? String(summary.call(value)) : null
}

/** Web objects whose state is private say with this method how they are shown. */
export const SUMMARY: unique symbol = Symbol('summary')

/** The stack where there is one that holds the message; it is the program's to replace, even by nonsense. */
function showError(error: object): string {
  const { stack, message, name } = error as { stack?: unknown; message?: unknown; name?: unknown }
  const head = message ? `${String(name)}: ${String(message)}` : String(name)
  const text = typeof stack === 'string' && stack ? stack : head
  const cause = Object.getOwnPropertyDescriptor(error, 'cause')
  return cause && 'value' in cause ? `${text} {\n  [cause]: ${inspect(cause.value, 1)}\n}` : text
}

function showFunction(value: { name?: unknown }): string {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value))
  const name = Object.getOwnPropertyDescriptor(value, 'name')?.value
  const shown = typeof name === 'string' && name ? name : '(anonymous)'
  return isClass ? `[class ${shown}]` : `[Function${shown === '(anonymous)' ? ' ' : ': '}${shown}]`
}

function showView(view: ArrayBufferView, name: string): string {
  if (!(Symbol.iterator in view)) return `${name} { byteLength: ${view.byteLength} }`
  const items = view as unknown as ArrayLike<number>
  const shown = Array.from({ length: Math.min(items.length, MAX_ITEMS) }, (_, index) => `${items[index]}`)
  if (items.length > MAX_ITEMS) shown.push(`... ${items.length - MAX_ITEMS} more items`)
  return layout(`${name}(${items.length}) [`, shown, ']')
}

function showItems(array: unknown[], each: (item: unknown) => string): string[] {
  const shown: string[] = []
  let index = 0
  while (index < array.length && shown.length < MAX_ITEMS) {
    const item = Object.getOwnPropertyDescriptor(array, index)
    if (item) {
      shown.push(showDescriptor(item, each))
      index++
      continue
    }
    const start = index
    while (index < array.length && index - start < MAX_ITEMS && !Object.hasOwn(array, index)) index++
    shown.push(`<${index - start} empty item${index - start > 1 ? 's' : ''}>`)
  }
  if (array.length > index) shown.push(`... ${array.length - index} more items`)
  return shown
}

function showProperties(value: object, each: (item: unknown) => string): string[] {
  const shown: string[] = []
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (!property?.enumerable || (Array.isArray(value) && typeof key === 'string' && /^\d+$/.test(key)))
      continue
    const label = typeof key === 'symbol' ? String(key) : IDENTIFIER.test(key) ? key : quote(key)
    shown.push(`${label}: ${showDescriptor(property, each)}`)
    if (shown.length === MAX_ITEMS) break
  }
  return shown
}

function showDescriptor(property: PropertyDescriptor, each: (item: unknown) => string): string {
  if ('value' in property) return each(property.value)
  if (property.get) return property.set ? '[Getter/Setter]' : '[Getter]'
  return '[Setter]'
}

function layout(open: string, parts: string[], close: string): string {
  if (parts.length === 0) return open + close
  const line = `${open} ${parts.join(', ')} ${close}`
  if (line.length <= LINE_LENGTH && !line.includes('\n')) return line
  return `${open}\n  ${parts.map((part) => part.replaceAll('\n', '\n  ')).join(',\n  ')}\n${close}`
}

function className(value: object): string | null {
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    const maker = Object.getOwnPropertyDescriptor(at, 'constructor')?.value
    const name = typeof maker === 'function' ? Object.getOwnPropertyDescriptor(maker, 'name')?.value : ''
    if (typeof name === 'string' && name) return name
  }
  return null
}

function quote(text: string): string {
  if (!text.includes("'")) return `'${escaped(text)}'`
  return text.includes('"') ? `'${escaped(text).replaceAll("'", "\\'")}'` : `"${escaped(text)}"`
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')
