import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { BundleFile } from './bundle-file.ts'
import { tarFiles } from './tar-files.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tar-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function unpacked(files: BundleFile[]): Promise<void> {
  await pipeline(tarFiles(files), createWriteStream(join(folder, 'a.tar')))
  await promisify(execFile)('tar', ['-xpf', 'a.tar'], { cwd: folder })
}

const LONG = `${'deep/'.repeat(30)}file.js`

describe('tarFiles', () => {
  it('makes what tar itself unpacks: files, texts, links, folders, long paths, modes', async () => {
    await writeFile(join(folder, 'source'), 'x'.repeat(70_000))
    await unpacked([
      { path: 'run', kind: 'folder', mode: 0o750 },
      { path: 'bin/program', kind: 'file', source: join(folder, 'source'), executable: true },
      { path: LONG, kind: 'text', text: 'é', executable: false },
      { path: 'link', kind: 'link', target: 'bin/program' },
    ])
    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o750)
    expect((await stat(join(folder, 'bin/program'))).mode & 0o777).toBe(0o755)
    expect((await readFile(join(folder, 'bin/program'), 'utf8')).length).toBe(70_000)
    expect(await readFile(join(folder, LONG), 'utf8')).toBe('é')
    expect((await stat(join(folder, LONG))).mtimeMs).toBe(0)
    expect(await readlink(join(folder, 'link'))).toBe('bin/program')
  })

  it.each<[string, BundleFile]>([
    ['a name', { path: 'x'.repeat(101), kind: 'text', text: '', executable: false }],
    ['a path', { path: `${'x/'.repeat(140)}y`, kind: 'text', text: '', executable: false }],
    ['a link', { path: 'l', kind: 'link', target: 'x'.repeat(101) }],
  ])('refuses %s that it cannot hold', async (_, file) => {
    await expect(unpacked([file])).rejects.toThrow(/too (?:long|far)/)
  })
})
