export type YamlValue = string | number | boolean | null | YamlValue[] | { [key: string]: YamlValue }

interface Line {
  indent: number
  text: string
}

/**
 * The YAML that people write in #cloud-config: mappings and lists by indentation, quoted and plain scalars, `|` and `>` blocks, lists and
 * mappings in brackets as JSON has them. Anchors, tags and several documents are refused.
 */
export function parseSimpleYaml(text: string): YamlValue {
  const reader = new Reader(text.replaceAll('\r\n', '\n').split('\n'))
  const value = reader.block(0)
  const rest = reader.peek()
  if (rest) throw new Error(`unexpected line: ${rest.text}`)
  return value
}

class Reader {
  readonly #lines: string[]
  #at = 0

  constructor(lines: string[]) {
    this.#lines = lines
  }

  /** The next line that says something. */
  peek(): Line | null {
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at] ?? ''
      const text = line.trim()
      if (text !== '' && !text.startsWith('#')) return { indent: line.length - line.trimStart().length, text }
    }
    return null
  }

  block(least: number): YamlValue {
    const first = this.peek()
    if (!first || first.indent < least) return null
    return /^-(?: |$)/.test(first.text) ? this.#list(first.indent) : this.#mapping(first.indent)
  }

  #list(indent: number): YamlValue[] {
    const items: YamlValue[] = []
    for (let line = this.peek(); line?.indent === indent && /^-(?: |$)/.test(line.text); line = this.peek()) {
      const rest = line.text.slice(1).trim()
      if (keyOf(rest) === null) {
        this.#at += 1
        items.push(this.#value(rest, indent))
      } else {
        // The dash is part of the indentation of a mapping that begins on its line.
        const inner = line.text.length - line.text.slice(1).trimStart().length
        this.#lines[this.#at] = `${' '.repeat(indent + inner)}${rest}`
        items.push(this.#mapping(indent + inner))
      }
    }
    return items
  }

  #mapping(indent: number): YamlValue {
    const entries: [string, YamlValue][] = []
    for (let line = this.peek(); line?.indent === indent; line = this.peek()) {
      const found = keyOf(line.text)
      if (!found) throw new Error(`neither a key nor a list item: ${line.text}`)
      this.#at += 1
      entries.push([found.key, this.#value(found.rest, indent)])
    }
    return Object.fromEntries(entries)
  }

  #value(rest: string, indent: number): YamlValue {
    if (/^[|>][+-]?$/.test(rest)) return this.#scalarBlock(rest, indent)
    if (rest !== '') return scalar(rest)
    const next = this.peek()
    // A list may stand at the same depth as its key.
    const least = next && /^-(?: |$)/.test(next.text) ? indent : indent + 1
    return this.block(least)
  }

  #scalarBlock(style: string, indent: number): string {
    const taken: string[] = []
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at] ?? ''
      if (line.trim() !== '' && line.length - line.trimStart().length <= indent) break
      taken.push(line)
    }
    const filled = taken.filter((line) => line.trim() !== '')
    const depth = Math.min(...filled.map((line) => line.length - line.trimStart().length))
    const text = taken
      .map((line) => line.slice(depth))
      .join('\n')
      .replace(/\n+$/, '')
    const folded = style.startsWith('>') ? text.replaceAll(/([^\n])\n(?=[^\n])/g, '$1 ') : text
    return style.endsWith('-') ? folded : `${folded}\n`
  }
}

function keyOf(text: string): { key: string; rest: string } | null {
  const [, double, single, plain, rest = ''] =
    /^(?:"([^"]*)"|'([^']*)'|([A-Za-z_][\w.-]*))\s*:(?:\s+(.*))?$/.exec(text) ?? []
  const key = double ?? single ?? plain
  return key === undefined ? null : { key, rest: withoutComment(rest) }
}

function scalar(given: string): YamlValue {
  const text = withoutComment(given)
  if (/^[[{"]/.test(text)) return JSON.parse(text) as YamlValue
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
  if (/^[&*!]/.test(text)) throw new Error(`anchors and tags are not understood: ${text}`)
  if (/^(?:null|~)$/.test(text)) return null
  if (/^(?:true|false)$/.test(text)) return text === 'true'
  // Permissions such as 0644 stay text.
  return /^-?(?:0|[1-9]\d*)$/.test(text) ? Number(text) : text
}

const withoutComment = (text: string): string =>
  /^["'[{]/.test(text) ? text.trim() : text.replace(/\s+#.*$/, '').trim()
