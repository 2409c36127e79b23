import { describe, expect, it } from '@jest/globals'
import { checkLayers } from './check-layers.ts'
import { printFinding } from './finding.ts'
import { parseSources } from './parsed-source.ts'
import type { SourceTree } from './source-tree.ts'
import { readPackages, readTestTools } from './workspace-package.ts'

const manifest = (name: string, ...dependencies: string[]) =>
  JSON.stringify({
    name,
    exports: { '.': './src/index.ts', './kit': './src/kit.ts' },
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '1.0.0'])),
  })

/** core and link below, store and meter beside each other, gateway above; `extra` replaces or adds files. */
function check(extra: Record<string, string>): string[] {
  const tree: SourceTree = new Map(
    Object.entries({
      'package.json': JSON.stringify({ devDependencies: { '@jest/globals': '1' } }),
      'packages/core/package.json': manifest('@z/core'),
      'packages/link/package.json': manifest('@z/link', '@z/core'),
      'packages/store/package.json': manifest(
        '@z/store',
        '@z/core',
        '@z/link',
        '@z/meter',
        '@z/gateway',
        'knex',
      ),
      'packages/meter/package.json': manifest('@z/meter', '@z/core'),
      'packages/gateway/package.json': manifest('@z/gateway', '@z/core', '@z/store'),
      'packages/tal/package.json': manifest('@z/tal', '@z/core'),
      'providers/local/package.json': manifest('@z/provider-local', '@z/meter'),
      ...extra,
    }),
  )
  const input = { sources: parseSources(tree), packages: readPackages(tree), testTools: readTestTools(tree) }
  return checkLayers(input).map(printFinding)
}

describe('checkLayers', () => {
  it('takes imports from lower layers through their doors, builtins and named dependencies', () => {
    const source = `import '@z/core'\nimport '@z/link'\nimport 'knex'\nimport 'knex/lib/x.js'\nimport 'node:fs'\nimport './y.ts'\nimport '../z.ts'\n`
    expect(
      check({
        'packages/store/src/a/x.ts': source,
        'packages/gateway/src/x.ts': "import '@z/store/kit'\n",
        'packages/tal/src/x.ts': "import type { A } from '@z/core'\n",
        'providers/local/src/x.ts': "import '@z/meter'\n",
        'packages/store/src/x.test.ts': "import '@jest/globals'\n",
      }),
    ).toEqual([])
  })

  it.each([
    [
      'an import of the same layer',
      'packages/store/src/x.ts',
      '@z/meter',
      /store \(layer 2\) imports .*meter \(layer 2\)/,
    ],
    ['an import of a higher layer', 'packages/store/src/x.ts', '@z/gateway', /layer 2.* imports .*layer 3/],
    ['what package.json does not name', 'packages/gateway/src/x.ts', '@z/link', /does not name.*Name it/],
    [
      'an outside package that is not named',
      'packages/meter/src/x.ts',
      'knex',
      /"knex", which .* does not name/,
    ],
    ['a test tool outside of tests', 'packages/meter/src/x.ts', '@jest/globals', /does not name/],
    ['a builtin without its prefix', 'packages/meter/src/x.ts', 'fs', /Write "node:fs"/],
    ['a way around the door', 'packages/gateway/src/x.ts', '@z/store/src/inner.ts', /no door/],
    ['a path into another package', 'packages/store/src/x.ts', '../../core/src/x.ts', /past its own package/],
    ['a package that imports itself by name', 'packages/meter/src/x.ts', '@z/meter', /its own package/],
    ['an adapter that reaches up', 'providers/local/src/x.ts', '@z/gateway', /layer 3.* imports .*layer 3/],
  ])('finds %s', (_, path, specifier, what) => {
    const findings = check({ [path]: `\nimport type { X } from '${specifier}'\n` })
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatch(what)
    expect(findings[0]).toContain(`${path}:2`)
  })

  it('finds a package without a layer', () => {
    expect(check({ 'packages/stray/package.json': manifest('@z/stray') })).toEqual([
      expect.stringContaining('packages/stray has no layer'),
    ])
  })
})
