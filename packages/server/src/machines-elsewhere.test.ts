import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { makeFarAdapter } from './testing/far-adapter.ts'
import { PlatformProcess } from './testing/platform-process.ts'

const NOTES = `
zimki.publishPath('/', 'list')
zimki.publishPath('/add', 'add')
function add() { const note = zimki.Note.create({ text: zimki.request.params.text }); return 'kept' }
function list() { return zimki.Note.search().map((note) => note.text).join(',') }
`

describe('a machine that does not share the sockets of the platform', () => {
  let adapter: Awaited<ReturnType<typeof makeFarAdapter>>
  let platform: PlatformProcess
  beforeAll(async () => {
    adapter = await makeFarAdapter()
    platform = await PlatformProcess.start(['--provider', adapter.folder, '--agents-address', '127.0.0.1:0'])
  }, 60_000)
  afterAll(async () => {
    await platform?.close()
    await adapter?.remove()
  }, 30_000)

  it('serves a realm, whose objects are in the store of the platform', async () => {
    await platform.deployScript('hello', 'zimki.publishPath("/", "here")\nfunction here() { return "hello" }')
    const answer = await platform.get('hello', '/')
    expect([answer.status, await answer.text()]).toEqual([200, expect.anything()])
  }, 60_000)
})
