import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Cable, layCable } from './testing/cuttable-cable.ts'
import { makeFarAdapter } from './testing/far-adapter.ts'
import { PlatformProcess } from './testing/platform-process.ts'

const NOTES = `zimki.publishPath("/add", function (args) { return Note.create({ text: args.text }).id })
zimki.publishPath("/all", function () { return Note.search().map(function (note) { return note.text }).sort().join(",") })
zimki.publishPath("/big", function () { return new Array(4000001).join("x") })`

let adapter: Awaited<ReturnType<typeof makeFarAdapter>>
beforeAll(async () => {
  adapter = await makeFarAdapter()
})
afterAll(() => adapter.remove())

describe('a machine that shares no sockets with the platform', () => {
  let cable: Cable
  let platform: PlatformProcess
  beforeAll(async () => {
    cable = await layCable()
    // A spare cell would dial the store too.
    const door = ['--agents-address', cable.near, '--agents-listen', cable.far, '--spare-cells', '0']
    platform = await PlatformProcess.start(['--provider', adapter.folder, ...door])
    await platform.deployScript('notes', NOTES, ['Note'])
  }, 60_000)
  afterAll(async () => {
    await platform.close()
    await cable.close()
  }, 30_000)

  const text = async (path: string): Promise<string> => {
    const answer = await platform.get('notes', path)
    const body = await answer.text()
    return answer.status === 200 ? body : `${answer.status}: ${body}`
  }

  /** Connections: of the agent, of the gateway to the cell, of the cell to the store. Others have a moment to end. */
  const noneIsLeftBut = async (count: number): Promise<void> => {
    while (cable.count() !== count) await new Promise((resolve) => setTimeout(resolve, 50))
  }

  it('serves a realm whose objects are in the store of the platform', async () => {
    for (const word of ['one', 'two']) await text(`/add?text=${word}`)
    expect(await text('/all')).toBe('one,two')
    await noneIsLeftBut(3)
  }, 30_000)

  it('brings answers that are larger than all that is held on the way', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => text('/big')))
    expect(all.map(({ length }) => length)).toEqual([4_000_000, 4_000_000, 4_000_000, 4_000_000])
  }, 30_000)

  it('goes on after the network was cut, and leaves nothing of before open', async () => {
    for (const word of ['three', 'four', 'five']) {
      cable.cut()
      // A write on its way may be lost, and is not repeated by anybody but the one who asked.
      while (!/^[\w-]+$/.test(await text(`/add?text=${word}`)))
        await new Promise((resolve) => setTimeout(resolve, 50))
      expect(await text('/all')).toContain(word)
    }
    await noneIsLeftBut(3)
  }, 60_000)
})
