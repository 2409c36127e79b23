import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { AGENT_ENV, type Agent, createAgent, readAgentConfig } from '@openzimki/agent'
import { type Control, createControl } from '@openzimki/control'
import { systemClock } from '@openzimki/core'
import { generateIdentity } from '@openzimki/link'
import { generateSigningKey } from '@openzimki/meter'
import { openFileBlobStore, openSqliteStore } from '@openzimki/store'

const identity = generateIdentity()
const signingKey = generateSigningKey()
let folder: string
let control: Control
let address: string
let notes: string[]
const agents: Agent[] = []
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remote-'))
  notes = []
  await mkdir(join(folder, 'data'))
  const { objects, refs } = await openSqliteStore({ filename: join(folder, 'o.sqlite'), clock: systemClock })
  const blobs = await openFileBlobStore({ directory: join(folder, 'blobs') })
  closing.push(
    () => objects.close(),
    () => blobs.close(),
  )
  control = await createControl({
    ...{
      directory: join(folder, 'data'),
      version: '0',
      clock: systemClock,
      randomUUID,
      objects,
      refs,
      blobs,
    },
    ...{ baseDomains: ['localhost'], publicUrl: () => 'http://localhost', providerName: 'test' },
    ...{ capabilitySecret: Buffer.alloc(32, 7), signingKey, identity, machines: null },
    log: () => undefined,
    invoke: () => Promise.reject(new Error('there is no gateway here')),
  })
  address = (await control.listenAgents('tls:127.0.0.1:0')).address
})
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.end('the test is over')))
  await control.close()
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true })
})

/** As a provider starts one on a machine of its own, with a disk of its own. */
async function start(disk: string, joinToken: string, controlKey = identity.publicKey): Promise<Agent> {
  const agent = await createAgent({
    config: readAgentConfig({
      ...{ [AGENT_ENV.control]: address, [AGENT_ENV.controlKey]: controlKey, [AGENT_ENV.machine]: 'm-1' },
      ...{ [AGENT_ENV.joinToken]: joinToken, [AGENT_ENV.runDir]: join(folder, disk) },
      ...{ [AGENT_ENV.store]: '/nowhere', [AGENT_ENV.cellCommand]: JSON.stringify([process.execPath]) },
      [AGENT_ENV.settings]: '{"spares":0,"jsopNs":100}',
    }),
    version: 'test',
    clock: systemClock,
    note: (text) => notes.push(text),
  })
  agents.push(agent)
  return agent
}

const noted = async (part: string, times = 1): Promise<void> => {
  while (notes.filter((note) => note.includes(part)).length < times)
    await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('an agent and control, over TLS', () => {
  it('join, and again from the same disk without a new token', async () => {
    const token = await control.addMachine('m-1')
    const first = await start('disk', token)
    await noted('joined control')
    await first.end('restart')
    await start('disk', token)
    await noted('joined control', 2)
  })

  it('do not, where the token was used up from another disk: the thief ends', async () => {
    const token = await control.addMachine('m-1')
    await start('disk', token)
    await noted('joined control')
    const thief = await start('other', token)
    expect(await thief.ended).toContain('used up by another agent')
  })

  it('do not, where control is not the one that the agent was told', async () => {
    const token = await control.addMachine('m-1')
    await start('disk', token, generateIdentity().publicKey)
    await noted('another key')
    expect(notes.some((note) => note.includes('joined control'))).toBe(false)
    await start('other', token)
    await noted('joined control')
  })
})
