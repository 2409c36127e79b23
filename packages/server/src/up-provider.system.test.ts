import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { PlatformProcess } from './testing/platform-process.ts'

const LAUNCHER = fileURLToPath(new URL('../bin/zimki.js', import.meta.url))
const LOCAL = new URL('../../../providers/local/src/index.ts', import.meta.url).href

/** Somebody's adapter: it writes down what it was told, holds something open until it is closed, and is otherwise the local one. */
const SOURCE = `
import { writeFileSync } from 'node:fs'
import { adapter as local } from ${JSON.stringify(LOCAL)}
const write = (name, value) => writeFileSync(new URL(name, import.meta.url), JSON.stringify(value))
export const adapter = { ...local, async open(settings) {
  write('told.json', settings)
  const provider = await local.open(settings)
  const connection = setInterval(() => undefined, 1_000)
  const close = async () => {
    clearInterval(connection)
    await provider.close()
    write('closed.json', true)
  }
  return new Proxy(provider, { get: (target, name) => name === 'close' ? close : typeof target[name] === 'function' ? target[name].bind(target) : target[name] })
} }`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zimki-adapter-'))
  const manifest = { name: 'zimki-provider-mine', version: '1.0.0', type: 'module', exports: './main.js' }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(folder, 'main.js'), SOURCE)
  await writeFile(join(folder, 'config.json'), '{ "maxMachines": 3 }')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('a platform takes its machines from the adapter that it was told', async () => {
  const flags = ['--provider', folder, '--provider-config', join(folder, 'config.json')]
  const platform = await PlatformProcess.start(flags)
  try {
    const told = JSON.parse(await readFile(join(folder, 'told.json'), 'utf8')) as Record<string, unknown>
    expect(told).toMatchObject({ config: { maxMachines: 3 }, stateDir: join(platform.data, 'machines') })
    expect(platform.announced.welcome).toContain('welcome.')
  } finally {
    await platform.close()
  }
  expect(await readFile(join(folder, 'closed.json'), 'utf8')).toBe('true')
}, 60_000)

it.each([
  [['--provider', 'nowhere-to-be-found'], 'install it there with npm'],
  [['--provider-config', '/nowhere.json'], 'cannot be read'],
])(
  'up %j ends with what to do',
  async (flags, text) => {
    const data = await mkdtemp(join(tmpdir(), 'zimki-platform-'))
    try {
      const child = spawn(process.execPath, [LAUNCHER, 'up', '--port', '0', '--data', data, ...flags])
      let err = ''
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        err += chunk
      })
      expect(await once(child, 'close')).toEqual([1, null])
      expect(err).toContain(text)
    } finally {
      await rm(data, { recursive: true, force: true })
    }
  },
  60_000,
)
