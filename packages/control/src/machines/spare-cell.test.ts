import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { generateIdentity } from '@openzimki/link'
import type { CellEndpoint } from '@openzimki/placement'
import { FakeAgent } from '../testing/fake-agent.ts'
import { startTestControl, type TestControl } from '../testing/test-control.ts'

const SPARE = { cell: 'cell-1', address: 'unix:/run/cell-1' }
const identity = generateIdentity()

let test: TestControl
let told: CellEndpoint[]

beforeEach(async () => {
  told = []
  test = await startTestControl({ identity, onSpareCell: (cell) => told.push(cell) })
})
afterEach(() => test.close())

describe('a spare cell that an agent tells of', () => {
  it('is told on, so that a link can be opened ahead', async () => {
    await test.agent.control('cell.spare', SPARE)
    expect(told).toEqual([{ id: SPARE.cell, address: SPARE.address }])
  })

  it('is not, on another host: what a machine there says of its sockets leads nowhere here', async () => {
    const { address } = await test.control.listenAgents('tls:127.0.0.1:0')
    const far = await FakeAgent.connect(address, { publicKey: identity.publicKey })
    await far.join('m-2', await test.control.addMachine('m-2'))
    await far.control('cell.spare', SPARE)
    far.link.close()
    expect(told).toEqual([])
  })

  it('is checked, and believed of agents that have joined alone', async () => {
    for (const bad of [null, { cell: 7, address: '' }, { ...SPARE, address: 'x'.repeat(301) }])
      await expect(test.agent.control('cell.spare', bad as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    const stranger = await FakeAgent.connect(test.agentAddress)
    await expect(stranger.control('cell.spare', SPARE)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    stranger.link.close()
    expect(told).toEqual([])
  })
})
