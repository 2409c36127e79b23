/** What an answer is made of. Lists become `<item>` elements, as everywhere in EC2; what is undefined or null is left out. */
export type XmlTree = XmlValue | XmlTree[] | { [name: string]: XmlTree }
export type XmlValue = string | number | boolean | Date | null | undefined

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/'

export function answerXml(action: string, requestId: string, tree: Record<string, XmlTree>): string {
  const inner = element('requestId', requestId) + children(tree)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${NAMESPACE}">${inner}</${action}Response>`
}

export function errorXml(code: string, message: string, requestId: string): string {
  const error = element('Error', { Code: code, Message: message })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors>${error}</Errors>${element('RequestID', requestId)}</Response>`
}

function element(name: string, value: XmlTree): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`
  if (Array.isArray(value)) {
    return value.length === 0
      ? `<${name}/>`
      : `<${name}>${value.map((one) => element('item', one)).join('')}</${name}>`
  }
  if (typeof value === 'object') return `<${name}>${children(value)}</${name}>`
  return `<${name}>${escaped(String(value))}</${name}>`
}

function children(tree: Record<string, XmlTree>): string {
  return Object.entries(tree)
    .map(([name, value]) => element(name, value))
    .join('')
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
}
// What XML 1.0 cannot carry at all is dropped.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

function escaped(text: string): string {
  return text.replace(IMPOSSIBLE, '').replace(/[&<>"\r]/g, (one) => ENTITIES[one] ?? one)
}
