import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from '@jest/globals'
import { DEFAULT_LIMITS } from '@openzimki/core'
import { TestCell, TestRealm } from '../testing/test-cell.ts'

it('a deployment that is unloaded while it loads is given up, and loads anew when it is asked for again', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cell = await TestCell.open({ allow: [`127.0.0.1:${port}`] })
  try {
    const source = `var got = zimki.remote.get("http://127.0.0.1:${port}/")
      zimki.publishPath("/", function () { return got })`
    const artifact = { format: 1, kind: 'script', scripts: [{ name: 'main.js', source }], files: [] }
    const load = {
      ...{ account: randomUUID(), realm: randomUUID(), deployment: '0'.repeat(64), kind: 'script' as const },
      ...{ capability: 'test', limits: DEFAULT_LIMITS, env: {} },
      prefetched: { artifact: JSON.stringify(artifact), classes: [] },
    }
    const givenUp = expect(cell.cell.load(load)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const [, first] = await once(server, 'request')
    cell.cell.unload(load.realm, load.deployment)
    const again = cell.cell.load(load)
    const [, second] = await once(server, 'request')
    first.end('first')
    await givenUp
    second.end('second')
    await again
    const realm = new TestRealm(cell, load.realm, load.deployment, load.account)
    expect(await realm.text('/')).toBe('second')
    expect(cell.cell.reports()).toHaveLength(1)
  } finally {
    await cell.close()
    server.closeAllConnections()
    server.close()
  }
})
