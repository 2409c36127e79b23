import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell } from '../testing/test-cell.ts'

let cell: TestCell
const slow = createServer((_, response) => void setTimeout(() => response.end('x'), 30))

beforeAll(async () => {
  await once(slow.listen(0, '127.0.0.1'), 'listening')
  cell = await TestCell.open({ allow: ['127.0.0.1/32'] })
})
afterAll(async () => {
  await cell.close()
  slow.close()
})

const sumsOf = (realm: string) => cell.cell.reports().find((report) => report.realm === realm)!.sums!

describe('a real cell', () => {
  it('says how long requests of a script waited for one of its isolates, and how long these were taken', async () => {
    const { port } = slow.address() as AddressInfo
    const source = `zimki.publishPath("/", function () { return zimki.remote.get("http://127.0.0.1:${port}/") })`
    const realm = await cell.script(source)
    await realm.request('/')
    expect(sumsOf(realm.realm)).toMatchObject({ entered: 1, waitedMs: 0, places: 4 })
    const before = sumsOf(realm.realm)
    await Promise.all(Array.from({ length: 12 }, () => realm.request('/')))
    const after = sumsOf(realm.realm)
    expect(after.entered - before.entered).toBe(12)
    // Of twelve, four at a time: at least eight waited for one before them.
    expect(after.waitedMs - before.waitedMs).toBeGreaterThan(8 * 25)
    expect(after.busyMs - before.busyMs).toBeGreaterThan(12 * 25)
    expect(after.cpuMs).toBeGreaterThan(0)
  })

  it('says how long requests of a module waited for its thread, and not how long they waited for others', async () => {
    const busy = await cell.module(`export default { fetch() {
      const until = Date.now() + 20
      while (Date.now() < until);
      return new Response('x')
    } }`)
    await Promise.all(Array.from({ length: 6 }, () => busy.request('/')))
    const sums = sumsOf(busy.realm)
    expect(sums).toMatchObject({ entered: 6, places: 1 })
    // The second waits for one, the sixth for five.
    expect(sums.waitedMs).toBeGreaterThan(15 * 15)
    // Of its thread, which others may keep from the processor.
    expect(sums.busyMs).toBeGreaterThan(6 * 3)
    const idle = await cell.module(`export default { async fetch() {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      return new Response('x')
    } }`)
    await idle.request('/')
    const before = sumsOf(idle.realm).waitedMs
    await Promise.all(Array.from({ length: 6 }, () => idle.request('/')))
    expect(sumsOf(idle.realm).waitedMs - before).toBeLessThan(6 * 700)
  })
})
