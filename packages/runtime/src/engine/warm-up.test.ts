import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import ivm from 'isolated-vm'
import { BOOT_GLOBAL } from '../isolate/boot.ts'
import { bundlePrelude, ensurePreludes, type PreludePaths, readSnapshot } from './prelude.ts'
import { WARM_UP } from './warm-up.ts'

let directory: string
let paths: PreludePaths

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zimki-warm-up-'))
  paths = await ensurePreludes(directory)
})
afterAll(() => rm(directory, { recursive: true }))

const KINDS = ['script', 'module'] as const
const namesIn = 'JSON.stringify(Object.getOwnPropertyNames(globalThis).sort())'

describe.each(KINDS)('the warm-up of the %s kind', (kind) => {
  it('leaves nothing in an isolate that starts from the snapshot', async () => {
    const cold = ivm.Isolate.createSnapshot([{ code: await bundlePrelude(kind), filename: 'prelude.js' }])
    const names = []
    for (const snapshot of [cold, await readSnapshot(paths[kind])]) {
      const isolate = new ivm.Isolate({ snapshot, memoryLimit: 32 })
      names.push(JSON.parse(isolate.createContextSync().evalSync(namesIn)))
      isolate.dispose()
    }
    expect(names[1]).toEqual(names[0])
    expect(names[1]).toContain(BOOT_GLOBAL)
    expect(names[1]).not.toContain('Page')
  })

  it('goes through the prelude as it is: what fails makes no snapshot', async () => {
    const code = await bundlePrelude(kind)
    const broken = WARM_UP[kind].replace("send('start'", "throw new Error('cold'); send('start'")
    expect(() => ivm.Isolate.createSnapshot([{ code }], broken)).toThrow('cold')
  })

  it('answers its request', async () => {
    const isolate = new ivm.Isolate({ memoryLimit: 64 })
    const context = isolate.createContextSync()
    context.evalSync(await bundlePrelude(kind))
    context.evalSync('globalThis.said = []')
    const watched = WARM_UP[kind]
      .replace(`${BOOT_GLOBAL}(() => undefined,`, `${BOOT_GLOBAL}((...post) => said.push(post),`)
      .replace('enter([[', 'globalThis.last = enter([[')
    context.evalSync(watched)
    const said = String(context.evalSync('JSON.stringify([said, last])'))
    expect(said).toContain('warm')
    expect(said).not.toContain('respond.fail')
    isolate.dispose()
  })
})
