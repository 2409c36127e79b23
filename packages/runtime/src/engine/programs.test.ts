import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { bundlePrograms } from './programs.ts'

let installation: string

beforeEach(() => {
  installation = mkdtempSync(join(tmpdir(), 'programs-'))
})
afterEach(() => rmSync(installation, { recursive: true }))

function write(path: string, text: string): string {
  const file = join(installation, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}

async function bundled(cell: string): Promise<string> {
  const place = { installation, installedAt: '/opt/zimki' }
  const folder = await bundlePrograms({ cell }, join(installation, 'cache'), place)
  return readFileSync(join(folder, 'cell.js'), 'utf8')
}

describe('bundlePrograms', () => {
  it.each(['ts', 'js'])(
    'tells %s of ours that it is where it lies, and modules nothing',
    async (extension) => {
      write('node_modules/theirs/index.js', 'export const theirs = import.meta.url')
      const cell = write(
        `packages/a/cell.${extension}`,
        `import { theirs } from 'theirs'\nconsole.log(import.meta.url, theirs)`,
      )
      const program = await bundled(cell)
      expect(program).toContain(`console.log("file:///opt/zimki/packages/a/cell.${extension}", theirs)`)
      expect(program).toContain('theirs = import.meta.url')
    },
  )

  it('imports the engine from where it lies, be it beside the folder of ours', async () => {
    write('node_modules/isolated-vm/index.js', 'module.exports = {}')
    const cell = write('dist/packages/a/cell.js', `import ivm from 'isolated-vm'\nconsole.log(ivm)`)
    const dist = join(installation, 'dist')
    const place = { installation: dist, installedAt: dist }
    const folder = await bundlePrograms({ cell }, join(installation, 'cache'), place)
    const engine = join(installation, 'node_modules/isolated-vm/index.js')
    expect(readFileSync(join(folder, 'cell.js'), 'utf8')).toContain(`from "file://${engine}"`)
  })
})
