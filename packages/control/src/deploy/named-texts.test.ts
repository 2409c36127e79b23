import { describe, expect, it } from '@jest/globals'
import { artifactOf } from '../testing/test-control.ts'
import { missingNames } from './named-texts.ts'

describe('missingNames', () => {
  const missing = (source: string) =>
    [...missingIn(source)].map(({ kind, name, line }) => `${kind} ${name} ${line}`)
  const missingIn = (source: string) =>
    missingNames(
      artifactOf({
        scripts: [
          { name: 'main.js', source },
          { name: 'lib.js', source: '' },
        ],
        templates: [{ name: 'page.html', source: '' }],
        files: [{ path: 'help.txt', mimetype: 'text/plain', digest: 'a'.repeat(64), size: 1 }],
      }),
    )

  it.each([
    ['zimki.render.tal("gone.html", {})', ['template gone.html 1']],
    ["\nzimki . render\n.trimpath( 'gone' )", ['template gone 2']],
    ['zimki.library.require("gone.js")', ['library gone.js 1']],
  ])('finds %j', (source, found) => {
    expect(missing(source)).toEqual(found)
  })

  it('takes time in proportion to the source, however many there are', () => {
    let count = 0
    for (const end of ['\n', ';']) {
      for (const use of missingIn(`zimki.render.tal("x")${end}`.repeat(100_000)))
        count += use.line > 0 ? 1 : 0
    }
    expect(count).toBe(200_000)
  })

  it.each([
    'zimki.render.tal("page.html")',
    'zimki.render.tal("/help.txt")',
    'zimki.render.tal(name)',
    'zimki.render.tal("gone" + suffix)',
    'zimki.render.tal("\\x67one")',
    '// zimki.render.tal("gone")',
    'var help = "use zimki.render.tal(\'gone\')"',
    'zimki.library.require("lib.js")',
    'zimki.library.require("library", "trimpath.js")',
    'notzimki.render.tal("gone")',
  ])('has nothing against %j', (source) => {
    expect(missing(source)).toEqual([])
  })
})
