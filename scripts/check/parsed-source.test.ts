import { describe, expect, it } from '@jest/globals'
import { type ParsedSource, parseSources } from './parsed-source.ts'

const parse = (text: string): ParsedSource => {
  const [source] = parseSources(new Map([['packages/a/src/x.ts', text]]))
  if (!source) throw new Error('nothing parsed')
  return source
}

describe('parseSources', () => {
  it('sees every form of import, types too, and nothing in text or comments', () => {
    const { imports } = parse(`import type { A } from './a.ts'
import { type B, c } from './b.ts'
import './side.ts'
export * from './star.ts'
export type { D } from './d.ts'
const e = await import('./e.ts')
let f: import('./f.ts').F
// import g from './g.ts'
const h = "import i from './i.ts'"
`)
    expect(imports.map(({ specifier, line }) => `${line} ${specifier}`)).toEqual([
      '1 ./a.ts',
      '2 ./b.ts',
      '3 ./side.ts',
      '4 ./star.ts',
      '5 ./d.ts',
      '6 ./e.ts',
      '7 ./f.ts',
    ])
  })

  it('measures every kind of function, without the comment before it and without those that have no body', () => {
    const { functions } = parse(`/** One
 * comment. */
function declared() {
  return '}' + \`\${'{'}\`
}
const arrow = () => 1
class Thing {
  constructor(readonly a = 1) {
  }
  get value() { return 1 }
  method(): void {
    declared()

  }
}
interface Shape { method(): void }
declare function nowhere(): void
`)
    expect(functions.map(({ name, line, lines }) => [name, line, lines])).toEqual([
      ['declared', 3, 3],
      ['arrow', 6, 1],
      ['constructor', 8, 2],
      ['value', 10, 1],
      ['method', 11, 4],
    ])
  })

  it('counts lines, comments and filled lines', () => {
    expect(parse('/** a\n * b\n */\n\nconst x = 1 // c\n// d\n')).toMatchObject({
      lines: 6,
      commentLines: 4,
      filledLines: 5,
    })
  })

  it('reads plain JavaScript too', () => {
    const sources = parseSources(new Map([['scripts/x.js', "import fs from 'node:fs'\n"]]))
    expect(sources[0]?.imports).toEqual([{ specifier: 'node:fs', line: 1 }])
  })
})
