import { describe, expect, it } from '@jest/globals'
import type { Artifact } from '@openzimki/core'
import { artifact, isArtifactPath } from './artifact.ts'

const empty: Artifact = {
  format: 1,
  kind: 'script',
  scripts: [],
  templates: [],
  tests: [],
  files: [],
  classes: [],
  env: {},
  limits: {},
  schedules: [],
  shared: [],
}
const refused = (change: object) => artifact.safeParse({ ...empty, ...change }).success === false
const file = { path: 'a.png', mimetype: 'image/png', digest: 'a'.repeat(64), size: 1 }

describe('isArtifactPath', () => {
  it.each(['a', 'a/b.html', 'ü.txt', '.htaccess', 'a b', '...'])('takes %j', (path) => {
    expect(isArtifactPath(path)).toBe(true)
  })
  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '..',
    'a/../b',
    './a',
    'a\\b',
    'a\0',
    'a\nb',
    'u\u0308.txt',
    '\ud800',
    'x'.repeat(401),
  ])('refuses %j', (path) => {
    expect(isArtifactPath(path)).toBe(false)
  })
})

describe('artifact', () => {
  it('takes the least a script realm can be', () => {
    expect(artifact.parse(empty)).toEqual(empty)
  })
  it.each([
    ['an unknown key', { surprise: 1 }],
    ['another format', { format: 2 }],
    ['a module without main', { kind: 'module' }],
    ['a script realm with main', { main: { name: 'a.js', source: '' } }],
    [
      'two scripts of one name',
      {
        scripts: [
          { name: 'a', source: '' },
          { name: 'a', source: '' },
        ],
      },
    ],
    ['two files at one path', { files: [file, file] }],
    ['a file outside', { files: [{ ...file, path: '../a' }] }],
    ['a digest that is a path', { files: [{ ...file, digest: '../../etc/passwd' }] }],
    ['a MIME type that splits headers', { files: [{ ...file, mimetype: 'text/html\r\nset-cookie: a=b' }] }],
    ['a negative size', { files: [{ ...file, size: -1 }] }],
    ['a class that is not an identifier', { classes: ["Page'; drop table"] }],
    ['a class called constructor', { classes: ['constructor'] }],
    ['a limit beyond the ceiling', { limits: { memoryMb: 1e9 } }],
    ['an unknown limit', { limits: { luck: 1 } }],
    ['code of 26 MB', { scripts: [{ name: 'a', source: ' '.repeat(26 * 1024 * 1024) }] }],
    ['10,001 files', { files: Array.from({ length: 10_001 }, (_, n) => ({ ...file, path: `f${n}` })) }],
  ])('refuses %s', (_, change) => {
    expect(refused(change)).toBe(true)
  })
})
