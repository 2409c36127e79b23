import { SourceMap } from 'node:module'

/** `main.js:12:34` in a message or a stack. */
const POSITION = /(?<file>[\w.@/-]+\.m?js):(?<line>\d+):(?<column>\d+)/g

/** Names the author's files and lines in texts that name those of a bundle. */
export class StackMapper {
  readonly #file: string
  readonly #map: SourceMap

  /** `map` is the JSON text of the source map of `file`. Throws SyntaxError when it is no JSON. */
  constructor(file: string, map: string) {
    this.#file = file
    this.#map = new SourceMap(JSON.parse(map))
  }

  /** The same text; positions that the map does not know stay as they are. */
  text(text: string): string {
    return text.replace(POSITION, (whole: string, file: string, line: string, column: string) => {
      if (file !== this.#file) return whole
      const origin = this.origin(Number(line), Number(column))
      return origin ? `${origin.file}:${origin.line}:${origin.column}` : whole
    })
  }

  /** Lines and columns from 1. */
  origin(line: number, column: number): { file: string; line: number; column: number } | null {
    const found = this.#map.findEntry(line - 1, column - 1)
    if (!('originalSource' in found) || !found.originalSource) return null
    return { file: found.originalSource, line: found.originalLine + 1, column: found.originalColumn + 1 }
  }
}
