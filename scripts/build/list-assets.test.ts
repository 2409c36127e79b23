import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { listAssets } from './list-assets.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assets-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), '')
  }
}

describe('listAssets', () => {
  it('names what is no TypeScript, at any depth', async () => {
    write('src/a.ts', 'src/a.test.ts', 'src/deep/probe.js', 'bin/a.js', 'welcome/realm.json', 'package.json')
    expect((await listAssets(folder)).toSorted()).toEqual([
      'bin/a.js',
      'src/deep/probe.js',
      'welcome/realm.json',
    ])
  })

  it('leaves out tests, benchmarks, other packages and what a run left behind', async () => {
    write('bench/a.json', 'src/testing/a.json', 'simulator/a.sh', 'node_modules/a/a.js', '.zimki/a', 'a.log')
    expect(await listAssets(folder)).toEqual([])
  })
})
