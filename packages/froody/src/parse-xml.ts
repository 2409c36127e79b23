import { FROODY_CODES, FroodyError } from './froody-error.ts'

export interface XmlElement {
  name: string
  attributes: { name: string }[]
  children: XmlElement[]
}

const MAX_DEPTH = 64
const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y
const SPACE = /\s*/y

/**
 * The elements and attribute names of a piece of XML, of which it may have several at the top. Text, comments, CDATA and
 * processing instructions are passed over; a document type is refused, so there are no entities to expand. One pass.
 * Errors: FroodyError `perl.methodcall.param` with the line, also for more than 64 levels.
 */
export function parseXml(xml: string): XmlElement[] {
  return new XmlReader(xml).read()
}

class XmlReader {
  readonly #xml: string
  readonly #top: XmlElement = { name: '', attributes: [], children: [] }
  readonly #open: XmlElement[] = [this.#top]
  #at = 0

  constructor(xml: string) {
    this.#xml = xml
  }

  read(): XmlElement[] {
    for (;;) {
      const next = this.#xml.indexOf('<', this.#at)
      if (next < 0) break
      this.#at = next
      this.#readMarkup()
    }
    const open = this.#open.at(-1)
    if (open && open !== this.#top) throw this.#fault(`<${open.name}> is not closed`)
    return this.#top.children
  }

  #readMarkup(): void {
    if (this.#xml.startsWith('<!--', this.#at)) this.#skipTo('-->', 4)
    else if (this.#xml.startsWith('<![CDATA[', this.#at)) this.#skipTo(']]>', 9)
    else if (this.#xml.startsWith('<?', this.#at)) this.#skipTo('?>', 2)
    else if (this.#xml.startsWith('<!', this.#at)) throw this.#fault('a document type is not allowed here')
    else if (this.#xml.startsWith('</', this.#at)) this.#readClose()
    else this.#readOpen()
  }

  #skipTo(end: string, from: number): void {
    const close = this.#xml.indexOf(end, this.#at + from)
    if (close < 0) throw this.#fault(`${end} is missing`)
    this.#at = close + end.length
  }

  #readClose(): void {
    this.#at += 2
    const name = this.#match(NAME)
    this.#match(SPACE)
    const open = this.#open.pop()
    if (!open || open === this.#top || open.name !== name)
      throw this.#fault(`</${name}> does not close ${open?.name ? `<${open.name}>` : 'anything'}`)
    this.#expect('>')
  }

  #readOpen(): void {
    this.#at++
    const name = this.#match(NAME)
    if (name === '') throw this.#fault('< must begin a tag; write &lt; for the character')
    const element: XmlElement = { name, attributes: [], children: [] }
    this.#open.at(-1)?.children.push(element)
    this.#readAttributes(element)
    if (this.#xml[this.#at] === '/') {
      this.#at++
    } else {
      if (this.#open.length > MAX_DEPTH) throw this.#fault(`more than ${MAX_DEPTH} levels`)
      this.#open.push(element)
    }
    this.#expect('>')
  }

  #readAttributes(element: XmlElement): void {
    const seen = new Set<string>()
    for (;;) {
      this.#match(SPACE)
      const name = this.#match(NAME)
      if (name === '') return
      if (seen.has(name)) throw this.#fault(`the attribute ${name} stands twice`)
      seen.add(name)
      this.#match(SPACE)
      this.#expect('=')
      this.#match(SPACE)
      const quote = this.#xml[this.#at]
      if (quote !== '"' && quote !== "'") throw this.#fault(`the value of ${name} must stand in quotes`)
      this.#skipTo(quote, 1)
      // A namespace is no data.
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) element.attributes.push({ name })
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#xml)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #expect(character: string): void {
    if (this.#xml[this.#at] !== character) throw this.#fault(`${character} is missing`)
    this.#at++
  }

  #fault(what: string): FroodyError {
    const line = this.#xml.slice(0, this.#at).split('\n').length
    return new FroodyError(FROODY_CODES.param, `line ${line}: ${what}`)
  }
}
