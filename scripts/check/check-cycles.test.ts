import { describe, expect, it } from '@jest/globals'
import { checkCycles } from './check-cycles.ts'
import { parseSources } from './parsed-source.ts'
import { readPackages } from './workspace-package.ts'

function cycles(files: Record<string, string>): string[] {
  const tree = new Map(Object.entries(files))
  return checkCycles(parseSources(tree), readPackages(tree)).map((finding) => finding.what)
}

const imports = (...targets: string[]) => targets.map((target) => `import '${target}'\n`).join('')

describe('checkCycles', () => {
  it('takes a tree, a diamond and imports of nothing known', () => {
    expect(
      cycles({
        'packages/a/src/top.ts': imports('./left.ts', './right.ts'),
        'packages/a/src/left.ts': imports('./base.ts', 'node:fs'),
        'packages/a/src/right.ts': imports('./base.ts'),
        'packages/a/src/base.ts': '',
      }),
    ).toEqual([])
  })

  it('finds a cycle of type imports alone, which no bundler would show', () => {
    expect(
      cycles({
        'packages/a/src/x.ts': "import type { Y } from './y.ts'\nexport type X = Y\n",
        'packages/a/src/y.ts': "import { type X } from './x.ts'\nexport type Y = X\n",
      }),
    ).toEqual(['import cycle packages/a/src/x.ts -> packages/a/src/y.ts -> packages/a/src/x.ts'])
  })

  it('names the shortest way round, once for each group', () => {
    const found = cycles({
      'packages/a/src/a.ts': imports('./b.ts'),
      'packages/a/src/b.ts': imports('./c.ts'),
      'packages/a/src/c.ts': imports('./a.ts', './d.ts'),
      'packages/a/src/d.ts': imports('./c.ts'),
      'packages/a/src/e.ts': imports('./e.ts'),
    })
    expect(found.toSorted()).toEqual([
      'import cycle packages/a/src/c.ts -> packages/a/src/d.ts -> packages/a/src/c.ts',
      'import cycle packages/a/src/e.ts -> packages/a/src/e.ts',
    ])
  })

  it("finds a cycle through a package's own door and through another package's", () => {
    const door = (name: string) => JSON.stringify({ name, exports: { '.': './src/index.ts' } })
    const found = cycles({
      'packages/a/package.json': door('@z/a'),
      'packages/a/src/index.ts': imports('@z/b'),
      'packages/b/package.json': door('@z/b'),
      'packages/b/src/index.ts': imports('./x.ts'),
      'packages/b/src/x.ts': imports('@z/a'),
    })
    expect(found).toEqual([expect.stringContaining('packages/a/src/index.ts')])
  })

  it('follows a chain of ten thousand files without running out of stack', () => {
    const files = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `packages/a/src/f${index}.ts`,
        { path: `packages/a/src/f${index}.ts`, imports: [{ specifier: `./f${index + 1}.ts`, line: 1 }] },
      ]),
    )
    const empty = { lines: 1, commentLines: 0, filledLines: 1, functions: [] }
    const sources = Object.values(files).map((source) => ({ ...source, ...empty }))
    expect(checkCycles(sources, new Map())).toEqual([])
    sources.push({
      path: 'packages/a/src/f10000.ts',
      imports: [{ specifier: './f9999.ts', line: 1 }],
      ...empty,
    })
    expect(checkCycles(sources, new Map())).toHaveLength(1)
  })
})
