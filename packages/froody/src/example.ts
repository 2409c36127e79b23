import { FROODY_CODES, FroodyError } from './froody-error.ts'
import { parseXml, type XmlElement } from './parse-xml.ts'

/** The shape of a response, read from its example. */
export interface ExampleElement {
  name: string
  /** Names of its attributes, in the order of the example. */
  attributes: string[]
  /** Its children, one for each name, in the order of the example. */
  children: ExampleElement[]
  /** It stands more than once beside itself in the example: always an array in the data and in JSON. */
  repeats: boolean
}

/** The top of an example: usually one element; an enclosing `<rsp>` is taken off. */
export type Example = ExampleElement[]

/** Errors: FroodyError `perl.methodcall.param` with the line, when the example is not well-formed XML. */
export function parseExample(xml: string): Example {
  const roots = parseXml(xml)
  const [root] = roots
  const top = roots.length === 1 && root?.name === 'rsp' ? root.children : roots
  return merge(top)
}

/** Elements of one name become one: the copies may each show other attributes and children. */
function merge(elements: XmlElement[]): ExampleElement[] {
  const byName = new Map<string, XmlElement[]>()
  for (const element of elements) {
    const copies = byName.get(element.name)
    if (copies) copies.push(element)
    else byName.set(element.name, [element])
  }
  return [...byName].map(([name, copies]) => ({
    name,
    attributes: [...new Set(copies.flatMap((copy) => copy.attributes.map((attribute) => attribute.name)))],
    // A child that stands twice in one copy repeats; once in each of two copies does not.
    children: mergeChildren(copies),
    repeats: copies.length > 1,
  }))
}

function mergeChildren(copies: XmlElement[]): ExampleElement[] {
  const repeating = new Set<string>()
  for (const copy of copies) {
    const seen = new Set<string>()
    for (const { name } of copy.children) (seen.has(name) ? repeating : seen).add(name)
  }
  return merge(copies.flatMap((copy) => copy.children)).map((child) => ({
    ...child,
    repeats: repeating.has(child.name),
  }))
}

/** Parses an example, saying whose it is when it is wrong. */
export function exampleOf(method: string, xml: string): Example {
  try {
    return parseExample(xml)
  } catch (error) {
    if (!(error instanceof FroodyError)) throw error
    throw new FroodyError(FROODY_CODES.param, `the response example of ${method}: ${error.message}`)
  }
}
