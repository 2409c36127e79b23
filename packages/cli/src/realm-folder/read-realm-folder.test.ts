import { createHash } from 'node:crypto'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { canonicalJson } from '@openzimki/core'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { readRealmFolder } from './read-realm-folder.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function folderOf(files: Record<string, string | Uint8Array>) {
  const folder = temporaryFolder(files)
  removals.push(folder.remove)
  return folder
}

const hello = { 'realm.json': '{"name":"hello"}', 'javascript/main.js': 'zimki.publishPath("/", "hi")' }

describe('readRealmFolder, script kind', () => {
  it('reads every part of the folder, in name order', async () => {
    const { path } = folderOf({
      ...hello,
      'realm.json':
        '{"name":"hello","classes":["Page"],"env":{"A":"b"},"limits":{"cpuMs":50},"shared":["x.js"]}',
      'javascript/10-b.js': 'b',
      'javascript/02-a.js': 'a',
      'javascript/notes.txt': 'not a program',
      'templates/deep/page.html': '<p/>',
      'unittests/first.js': 'plan(1)',
      'files/css/site.css': 'body{}',
      'files/.well-known/security.txt': 'Contact: x',
    })
    const { artifact, name } = await readRealmFolder(path)
    expect(name).toBe('hello')
    expect(artifact.scripts.map((script) => script.name)).toEqual(['02-a.js', '10-b.js', 'main.js'])
    expect(artifact.templates).toEqual([{ name: 'deep/page.html', source: '<p/>' }])
    expect(artifact.tests).toEqual([{ name: 'first.js', source: 'plan(1)' }])
    expect(artifact).toMatchObject({
      format: 1,
      kind: 'script',
      classes: ['Page'],
      env: { A: 'b' },
      limits: { cpuMs: 50 },
      shared: ['x.js'],
    })
    expect(artifact.files.map((file) => [file.path, file.mimetype])).toEqual([
      ['.well-known/security.txt', 'text/plain; charset=utf-8'],
      ['css/site.css', 'text/css; charset=utf-8'],
    ])
  })

  it('describes files by digest and says where their bytes are', async () => {
    const bytes = new Uint8Array([0, 255, 1, 254])
    const { path } = folderOf({ ...hello, 'files/a.bin': bytes, 'files/same.bin': bytes })
    const { artifact, blobs } = await readRealmFolder(path)
    const digest = createHash('sha256').update(bytes).digest('hex')
    expect(artifact.files).toEqual([
      { path: 'a.bin', mimetype: 'application/octet-stream', digest, size: 4 },
      { path: 'same.bin', mimetype: 'application/octet-stream', digest, size: 4 },
    ])
    expect([...blobs.keys()]).toEqual([digest])
    expect(new Uint8Array(readFileSync(blobs.get(digest)!))).toEqual(bytes)
  })

  it('leaves out hidden files and node_modules', async () => {
    const { path } = folderOf({
      ...hello,
      'files/.env': 'SECRET=1',
      'files/node_modules/x.js': '',
      'files/.git/config': '',
    })
    expect((await readRealmFolder(path)).artifact.files).toEqual([])
  })

  it('gives the same artifact for the same files wherever the folder lies', async () => {
    const files = { ...hello, 'files/b.txt': 'b', 'files/a.txt': 'a', 'files/a/b.txt': 'ab' }
    const [one, two] = await Promise.all(
      [folderOf(files), folderOf(files)].map(({ path }) => readRealmFolder(path)),
    )
    expect(canonicalJson(one!.artifact)).toBe(canonicalJson(two!.artifact))
  })

  it('refuses links that lead out of the folder, and follows those that stay', async () => {
    const outside = folderOf({ 'secret.txt': 'key', 'd/inner.txt': 'key' })
    const { path } = folderOf({ ...hello, 'files/a.txt': 'a' })
    symlinkSync(join(path, 'files', 'a.txt'), join(path, 'files', 'b.txt'))
    expect((await readRealmFolder(path)).artifact.files.map((file) => file.path)).toEqual(['a.txt', 'b.txt'])
    symlinkSync(join(outside.path, 'd'), join(path, 'files', 'd'))
    await expect(readRealmFolder(path)).rejects.toThrow(/files\/d leads out of the realm folder/)
  })

  it.each([
    ['a loop of links', '..'],
    ['a link to nothing', 'nowhere'],
  ])('refuses %s', async (_what, target) => {
    const { path } = folderOf({ ...hello, 'files/a.txt': 'a' })
    symlinkSync(target === '..' ? join(path, 'files') : join(path, target), join(path, 'files', 'link'))
    await expect(readRealmFolder(path)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('refuses text that is not UTF-8, and a program that is too large', async () => {
    const latin = folderOf({ ...hello, 'templates/a.html': new Uint8Array([0x63, 0xe9]) })
    await expect(readRealmFolder(latin.path)).rejects.toThrow(/a\.html is not UTF-8/)
    const large = folderOf({ ...hello, 'javascript/big.js': `//${'x'.repeat(26 * 1024 * 1024)}` })
    await expect(readRealmFolder(large.path)).rejects.toThrow(/exceed 25 MiB/)
  })

  it('refuses names that would not be the same everywhere', async () => {
    const { path } = folderOf({ ...hello, 'files/a\\b.txt': '' })
    await expect(readRealmFolder(path)).rejects.toThrow(/files .*path: must be a relative path/)
  })

  it.each([
    ['no folder', {}, 'nothing-here', 'NOT_FOUND'],
    ['an empty folder', {}, '.', 'INVALID_ARGUMENT'],
    ['a folder without a program', { 'realm.json': '{}' }, '.', 'INVALID_ARGUMENT'],
  ])('says what a realm folder looks like when given %s', async (_what, files, sub, code) => {
    const failure = readRealmFolder(join(folderOf(files).path, sub))
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining('javascript/*.js') })
  })
})
