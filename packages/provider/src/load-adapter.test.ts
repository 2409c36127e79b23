import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import type { AdapterSettings, ProviderAdapter } from './adapter.ts'
import { negotiateContract } from './contract-version.ts'
import { FakeDriver, FakeInfrastructure } from './fake-driver.ts'
import { loadAdapter, loadProvider, openAdapter } from './load-adapter.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder of these files. */
function folderOf(files: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'adapter-')))
  folders.push(folder)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

const manifest = (name: string, more: object = { exports: './main.mjs' }) =>
  JSON.stringify({ name, version: '1.2.3', ...more })

const source = (versions: string) => `
export const adapter = { name: 'shed', contractVersions: ${versions}, open() { throw Object.assign(new Error('bad size'), { code: 'INVALID_ARGUMENT' }) } }`

const settings: AdapterSettings = {
  owner: 'me',
  config: {},
  stateDir: '/nowhere',
  agent: { command: [], hardening: [] },
}

function adapterOf(change: Partial<ProviderAdapter>): ProviderAdapter {
  const world = new FakeInfrastructure()
  return { name: 'fake', contractVersions: [1], open: ({ owner }) => new FakeDriver(world, owner), ...change }
}

describe('loadAdapter', () => {
  it.each([
    ['its name', 'zimki-provider-shed', 'zimki-provider-shed'],
    ['a scoped name', '@somebody/shed', '@somebody/shed'],
    ['a short name', 'shed', '@openzimki/provider-shed'],
  ])('finds a package by %s, from the folder upward', async (_, name, inside) => {
    const folder = folderOf({
      [`node_modules/${inside}/package.json`]: manifest(inside),
      [`node_modules/${inside}/main.mjs`]: source('[1]'),
      'deep/down/file': '',
    })
    const loaded = await loadAdapter(name, ['/nowhere', join(folder, 'deep/down')])
    expect(loaded.package).toMatchObject({
      name: inside,
      version: '1.2.3',
      folder: join(folder, 'node_modules', inside),
    })
    expect([loaded.adapter.name, loaded.contractVersion]).toEqual(['shed', 1])
  })

  it.each([
    [
      'exports with conditions',
      { exports: { '.': { types: './x.d.ts', import: './main.mjs' }, './x': './x.js' } },
    ],
    ['exports of conditions only', { exports: { require: './x.cjs', default: './main.mjs' } }],
    ['main', { main: 'main.mjs' }],
  ])('finds a folder, and its entry by %s', async (_, more) => {
    const folder = folderOf({ 'x/package.json': manifest('x', more), 'x/main.mjs': source('[1, 2]') })
    expect((await loadAdapter('./x', [folder])).contractVersion).toBe(1)
    expect((await loadAdapter(join(folder, 'x'), [])).adapter.name).toBe('shed')
  })

  it.each([
    ['a name that is none', 'Bad Name', {}, 'INVALID_ARGUMENT', 'folders begin with'],
    ['a way out of node_modules', 'a/../../b', {}, 'INVALID_ARGUMENT', 'neither the name'],
    ['a package that is not there', 'nowhere-to-be-found', {}, 'NOT_FOUND', 'install it there'],
    ['a folder that is no package', '.', {}, 'NOT_FOUND', 'package.json'],
    [
      'a package.json that is no JSON',
      '.',
      { 'package.json': '{' },
      'INVALID_ARGUMENT',
      'not the package.json',
    ],
    [
      'a package without an entry',
      '.',
      { 'package.json': manifest('x', { exports: { './y': './y' } }) },
      'INVALID_ARGUMENT',
      'no "."',
    ],
    [
      'an entry that throws',
      '.',
      { 'package.json': manifest('x'), 'main.mjs': 'throw new Error("bang")' },
      'INVALID_ARGUMENT',
      'bang',
    ],
    ['an entry that is missing', '.', { 'package.json': manifest('x') }, 'INVALID_ARGUMENT', 'main.mjs'],
    [
      'no adapter',
      '.',
      { 'package.json': manifest('x'), 'main.mjs': 'export const other = 1' },
      'INVALID_ARGUMENT',
      'exports other, but no "adapter"',
    ],
    [
      'an adapter without open',
      '.',
      {
        'package.json': manifest('x'),
        'main.mjs': 'export const adapter = { name: "x-y", contractVersions: [1] }',
      },
      'INVALID_ARGUMENT',
      'open',
    ],
    [
      'an adapter without versions',
      '.',
      { 'package.json': manifest('x'), 'main.mjs': 'export const adapter = { name: "x-y" }' },
      'INVALID_ARGUMENT',
      'contractVersions',
    ],
    [
      'an adapter that is too new',
      '.',
      { 'package.json': manifest('x'), 'main.mjs': source('[2, 3]') },
      'UNSUPPORTED',
      'update OpenZimki',
    ],
  ])('refuses %s', async (_, name, files, code, text) => {
    const folder = folderOf(files as Record<string, string>)
    await expect(loadAdapter(name, [folder])).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    })
  })
})

describe('negotiateContract', () => {
  it('takes the newest version that both speak', () => {
    expect(negotiateContract('x', [1, 2, 3], [2, 3, 4])).toBe(3)
  })

  it('says who is behind', () => {
    expect(() => negotiateContract('x', [1], [2, 3])).toThrow(/too old.*bring it up to version 3/)
    expect(() => negotiateContract('x', [4], [2, 3])).toThrow(/too new.*update OpenZimki/)
  })
})

describe('openAdapter', () => {
  it('puts the portable layer of the platform over the driver', async () => {
    const provider = await openAdapter(adapterOf({}), settings)
    expect(await provider.list()).toEqual([])
    await expect(provider.inspect('Bad Id')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it.each([
    ['another name', adapterOf({ name: 'other' }), 'calls itself'],
    [
      'another owner',
      adapterOf({ open: () => new FakeDriver(new FakeInfrastructure(), 'them') }),
      'works for "them"',
    ],
    ['nothing', adapterOf({ open: () => undefined as never }), 'the driver'],
    [
      'a driver with a method missing',
      adapterOf({
        open: ({ owner }) =>
          Object.assign(new FakeDriver(new FakeInfrastructure(), owner), { stop: 1 as never }),
      }),
      'stop',
    ],
    [
      'a manifest that says more than the driver has',
      adapterOf({
        open: ({ owner }) =>
          Object.assign(new FakeDriver(new FakeInfrastructure(), owner), { start: undefined as never }),
      }),
      'no start(id, signal)',
    ],
    [
      'a manifest of other words',
      adapterOf({
        open: ({ owner }) =>
          Object.assign(new FakeDriver(new FakeInfrastructure(), owner), {
            manifest: { isolation: 'jail' } as never,
          }),
      }),
      'isolation',
    ],
  ])('refuses %s', async (_, adapter, text) => {
    await expect(openAdapter(adapter, settings)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(text),
    })
  })

  it('passes on what the adapter says of its settings, whatever class its error has', async () => {
    const folder = folderOf({ 'package.json': manifest('x'), 'main.mjs': source('[1]') })
    const error = await loadProvider('.', settings, [folder]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PlatformError)
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: 'adapter shed: bad size' })
  })
})
