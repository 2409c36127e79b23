import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from '@jest/globals'
import { readSourceTree } from './source-tree.ts'

it('readSourceTree takes our programs and manifests, not content, results or what is installed', () => {
  const root = mkdtempSync(join(tmpdir(), 'tree-'))
  const files = [
    'package.json',
    'scripts/check/main.ts',
    'packages/a/package.json',
    'packages/a/src/deep/x.ts',
    'packages/a/bin/run.js',
    'packages/a/src/readme.md',
    'packages/a/welcome/javascript/page.js',
    'packages/a/src/node_modules/y/index.js',
    'packages/a/dist/x.js',
    'packages/not-a-package/src/x.ts',
    'providers/p/package.json',
    'bench/x.ts',
    'chaos/deep/x.ts',
    'e2e/x.ts',
    'docs/x.ts',
  ]
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), `// ${file}`)
  }
  expect([...readSourceTree(root).keys()].toSorted()).toEqual([
    'bench/x.ts',
    'chaos/deep/x.ts',
    'e2e/x.ts',
    'package.json',
    'packages/a/bin/run.js',
    'packages/a/package.json',
    'packages/a/src/deep/x.ts',
    'providers/p/package.json',
    'scripts/check/main.ts',
  ])
  rmSync(root, { recursive: true })
})
