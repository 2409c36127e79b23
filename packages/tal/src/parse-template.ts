import { compileDirectives, DIRECTIVE_NAMES, type DirectiveSource } from './directives.ts'
import { RAW_TEXT_ELEMENTS, VOID_ELEMENTS } from './elements.ts'
import { decodeEntities, escapeText, keepEntities } from './entities.ts'
import { LineCounter } from './line-counter.ts'
import type { TalElement, TalNode } from './node.ts'
import { attributeText, MarkupFault, readName, readTag, type Tag, type TagAttribute } from './read-tag.ts'
import { bindPrefixes, plainAttributes, startTag, talName } from './tal-names.ts'
import { TemplateError } from './template-error.ts'

/** Deeper nesting is refused, so that no template can exhaust the stack. */
const MAX_DEPTH = 512

/** In `<script>` and `<style>` a tag is taken for one only within this many characters, so that reading stays linear. */
const MAX_RAW_TAG = 4096

interface Frame {
  name: string
  /** Where its start tag is. */
  at: number
  /** Takes the children: those of the nearest element with TAL, for the others have become markup. */
  children: TalNode[]
  /** What ends it in the output; empty for an element with TAL, which writes its own. */
  endTag: string
  isVoid: boolean
  /** Within `<script>` or `<style>`. */
  isRaw: boolean
  /** Prefixes bound to the TAL namespace here; the empty one is the default namespace. */
  prefixes: ReadonlySet<string>
}

/** Reads a template of well-formed XHTML in one pass. Errors: TemplateError with line and column. */
export function parseTemplate(source: string, name: string): TalNode[] {
  const text = source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  try {
    return new TemplateParser(text).parse()
  } catch (error) {
    if (!(error instanceof MarkupFault)) throw error
    const column = error.at - text.lastIndexOf('\n', error.at - 1)
    throw new TemplateError(name, new LineCounter(text).lineAt(error.at), error.message, { column })
  }
}

class TemplateParser {
  readonly #source: string
  readonly #lines: LineCounter
  readonly #nodes: TalNode[] = []
  readonly #frames: Frame[] = []
  #at = 0
  #noComments = false

  constructor(source: string) {
    this.#source = source
    this.#lines = new LineCounter(source)
    this.#frames.push({
      name: '',
      at: 0,
      children: this.#nodes,
      endTag: '',
      isVoid: false,
      isRaw: false,
      prefixes: new Set(['tal']),
    })
  }

  parse(): TalNode[] {
    while (this.#at < this.#source.length) {
      const next = this.#source.indexOf('<', this.#at)
      this.#text(next < 0 ? this.#source.length : next)
      if (next < 0) break
      if (this.#top.isRaw) this.#rawMarkup()
      else this.#markup()
    }
    if (this.#frames.length > 1) throw new MarkupFault(this.#top.at, `<${this.#top.name}> is not closed`)
    return this.#nodes
  }

  get #top(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame
  }

  #text(end: number): void {
    const text = this.#source.slice(this.#at, end)
    this.#at = end
    if (this.#top.isRaw) this.#write(decodeEntities(text))
    else this.#write(keepEntities(text))
  }

  #write(html: string): void {
    if (html === '') return
    const { children, isVoid } = this.#top
    if (isVoid) {
      if (html.trim() === '') return
      throw this.#voidFault(this.#top)
    }
    const last = children[children.length - 1]
    if (last?.kind === 'markup') last.html += html
    else children.push({ kind: 'markup', html })
  }

  #voidFault({ at, name }: Frame): MarkupFault {
    return new MarkupFault(at, `<${name}> is not closed; it is always empty, so write <${name}/>`)
  }

  #markup(): void {
    const source = this.#source
    if (source.startsWith('<!--', this.#at)) this.#write(this.#until('-->', 4, 'this comment'))
    else if (source.startsWith('<![CDATA[', this.#at))
      this.#write(escapeText(this.#until(']]>', 9, 'this CDATA section').slice(9, -3)))
    else if (source.startsWith('<?', this.#at)) this.#instruction()
    else if (source.startsWith('<!', this.#at)) this.#doctype()
    else if (source.startsWith('</', this.#at)) this.#close()
    else this.#open(readTag(source, this.#at))
  }

  /** Dropped; after one at the very beginning, such as the XML declaration, the line end goes too. */
  #instruction(): void {
    this.#until('?>', 2, 'this <?')
    if (this.#nodes.length === 0 && this.#frames.length === 1 && this.#source[this.#at] === '\n') this.#at++
  }

  /** Takes the markup up to and with `end`. */
  #until(end: string, skip: number, what: string): string {
    const close = this.#source.indexOf(end, this.#at + skip)
    if (close < 0) throw new MarkupFault(this.#at, `${what} is not closed; ${end} is missing`)
    const markup = this.#source.slice(this.#at, close + end.length)
    this.#at = close + end.length
    return markup
  }

  #doctype(): void {
    const at = this.#at
    const markup = this.#until('>', 2, 'this <!')
    if (!/^<!doctype\s/i.test(markup)) throw new MarkupFault(at, '<! must begin a comment or a DOCTYPE')
    if (markup.includes('['))
      throw new MarkupFault(
        at,
        'a DOCTYPE with declarations of its own is not supported; leave out the part in [ ]',
      )
    this.#write(markup)
  }

  /** In `<script>` and `<style>` only what follows here is markup; every other `<` is text. */
  #rawMarkup(): void {
    const source = this.#source
    const at = this.#at
    const tag = this.#rawTag(at)
    if (tag) this.#open(tag)
    else if (source.startsWith('<![CDATA[', at))
      this.#write(this.#until(']]>', 9, 'this CDATA section').slice(9, -3))
    else if (source.startsWith('</', at) && readName(source, at + 2) === this.#top.name) this.#close()
    else if (this.#isComment(at)) this.#write(this.#until('-->', 4, 'this comment'))
    else {
      this.#write('<')
      this.#at = at + 1
    }
  }

  /** An unclosed `<!--` in a script is text, and then so are all after it. */
  #isComment(at: number): boolean {
    if (this.#noComments || !this.#source.startsWith('<!--', at)) return false
    this.#noComments = this.#source.indexOf('-->', at + 4) < 0
    return !this.#noComments
  }

  /** A tag with TAL about it, if there is one. */
  #rawTag(at: number): Tag | null {
    if (readName(this.#source.slice(at + 1, at + 2), 0) === '') return null
    try {
      const tag = readTag(this.#source, at, at + MAX_RAW_TAG)
      const { prefixes } = this.#top
      return [tag.name, ...tag.attributes.map(({ name }) => name)].some((name) => talName(name, prefixes))
        ? tag
        : null
    } catch (error) {
      if (error instanceof MarkupFault) return null
      throw error
    }
  }

  #close(): void {
    const name = readName(this.#source, this.#at + 2)
    const frame = this.#top
    if (this.#frames.length === 1) throw new MarkupFault(this.#at, `</${name}> closes nothing`)
    if (frame.name !== name && frame.isVoid) throw this.#voidFault(frame)
    if (frame.name !== name)
      throw new MarkupFault(
        this.#at,
        `</${name}> stands where </${frame.name}> must come first (opened in line ${this.#lineOf(frame.at)})`,
      )
    const tag = this.#until('>', 2, `</${name}`)
    if (tag.slice(2 + name.length, -1).trim() !== '')
      throw new MarkupFault(this.#at - tag.length, `</${name} is not closed; > is missing`)
    this.#frames.pop()
    this.#write(frame.endTag)
  }

  #lineOf(at: number): number {
    return new LineCounter(this.#source).lineAt(at)
  }

  #open(tag: Tag): void {
    const parent = this.#top
    const at = this.#at
    if (parent.isVoid) throw this.#voidFault(parent)
    if (this.#frames.length > MAX_DEPTH)
      throw new MarkupFault(at, `elements are nested more than ${MAX_DEPTH} deep`)
    this.#at = tag.end
    const prefixes = bindPrefixes(tag, parent.prefixes)
    const lower = tag.name.toLowerCase()
    const isVoid = VOID_ELEMENTS.has(lower)
    const isRaw = parent.isRaw || RAW_TEXT_ELEMENTS.has(lower)
    const element = this.#element(tag, at, prefixes, isVoid, isRaw)
    if (element) parent.children.push(element)
    else this.#write(startTag(tag, prefixes))
    const endTag = element || isVoid ? '' : `</${tag.name}>`
    if (tag.selfClosing) this.#write(endTag)
    else {
      const children = element ? element.children : parent.children
      this.#frames.push({ name: tag.name, at, children, endTag, isVoid, isRaw, prefixes })
    }
  }

  /** The element, if it has TAL of its own. */
  #element(
    tag: Tag,
    at: number,
    prefixes: ReadonlySet<string>,
    isVoid: boolean,
    isRaw: boolean,
  ): TalElement | null {
    const isBlock = talName(tag.name, prefixes) !== null
    const sources = tag.attributes
      .map((attribute) => this.#directive(attribute, prefixes, isBlock))
      .filter((source) => source !== null)
    if (!isBlock && sources.length === 0) return null
    const directives = compileDirectives(sources)
    if (isVoid && directives.content)
      throw new MarkupFault(at, `<${tag.name}> cannot have content; use tal:replace or tal:attributes`)
    return {
      kind: 'element',
      name: tag.name,
      attributes: isBlock ? [] : plainAttributes(tag, prefixes),
      directives,
      children: [],
      isVoid,
      isBlock,
      inRawText: this.#top.isRaw,
      holdsRawText: isRaw,
    }
  }

  #directive(
    attribute: TagAttribute,
    prefixes: ReadonlySet<string>,
    isBlock: boolean,
  ): DirectiveSource | null {
    const bare = isBlock && DIRECTIVE_NAMES.has(attribute.name)
    const name = bare
      ? attribute.name
      : attribute.name.includes(':')
        ? talName(attribute.name, prefixes)
        : null
    if (name === null) return null
    return { name, value: attributeText(attribute), at: attribute.at, line: this.#lines.lineAt(attribute.at) }
  }
}
