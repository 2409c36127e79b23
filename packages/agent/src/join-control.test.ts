import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { AGENT_PROTOCOL, PlatformError } from '@openzimki/core'
import { formatIdentity, generateIdentity } from '@openzimki/link'
import { TestControl } from './testing/test-control.ts'

let control: TestControl

beforeEach(async () => {
  control = await TestControl.open()
})
afterEach(() => control.close())

const keyFile = () => join(control.dir, 'state', 'agent-key.pem')

describe('an agent', () => {
  it('makes a key that nobody else can read, proves it, and keeps it', async () => {
    const first = await control.startAgent()
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600)
    await first.end('again')
    await control.startAgent()
    await control.until(() => control.proved.length === 2)
    expect(control.proved[0]).toBe(control.hellos[0]?.publicKey)
    expect(control.proved[1]).toBe(control.proved[0])
    expect(JSON.stringify([control.hellos, control.joins])).not.toContain('PRIVATE')
  })

  it('tells its token once: when it comes back, its key is enough', async () => {
    await control.startAgent({ orphanMs: 60_000 })
    // What it loads, it loads after it has read that it joined.
    await control.load('good.1')
    control.cut()
    await control.until(() => control.joins.length === 2)
    expect(control.joins.map(({ joinToken }) => joinToken)).toEqual(['secret', ''])
    expect(control.proved).toHaveLength(2)
  })

  it('says its token again when it cannot know whether it was taken', async () => {
    control.refuseJoin = new PlatformError('UNAVAILABLE', 'the database is locked')
    const joined = control.startAgent({ orphanMs: 60_000 })
    await control.until(() => control.hellos.length > 1)
    control.refuseJoin = null
    await joined
    await control.until(() => control.joins.length > 0)
    expect(control.joins[0]?.joinToken).toBe('secret')
  })

  it('goes on over TLS with the same cells after a cut', async () => {
    await control.goAway()
    await control.listen('tls:127.0.0.1:0')
    await control.startAgent({ orphanMs: 60_000 })
    const { cell } = await control.load('good.1')
    const pid = await control.pidOf(cell)
    control.cut()
    await control.until(() => control.isJoined)
    expect(await control.pidOf(cell)).toBe(pid)
    expect(control.proved).toHaveLength(2)
  })
})

describe('somebody who is not the control that the agent expects', () => {
  it.each(['unix', 'tls'])('learns nothing over %s, and is no reason to give up', async (kind) => {
    await control.goAway()
    control.identity = generateIdentity()
    const address = kind === 'tls' ? 'tls:127.0.0.1:0' : undefined
    await control.listen(address)
    await control.startAgent({ orphanMs: 60_000 })
    const complains = () => control.notes.some((note) => note.includes('another key'))
    while (!complains()) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(control.joins).toEqual([])
    expect(JSON.stringify(control.hellos)).not.toContain('secret')
    if (kind === 'tls') expect(control.hellos).toEqual([])
    const { address: at } = control
    await control.goAway()
    control.identity = control.expected
    await control.listen(at)
    await control.until(() => control.isJoined)
  })

  it('shows the right key in vain when it does not have it', async () => {
    const { expected } = control
    await control.goAway()
    const impostor = generateIdentity()
    control.identity = { ...impostor, publicKey: expected.publicKey }
    await control.listen()
    await control.startAgent({ orphanMs: 60_000 })
    while (!control.notes.some((note) => note.includes('does not have it')))
      await new Promise((resolve) => setTimeout(resolve, 10))
    expect(control.joins).toEqual([])
  })
})

describe('control of another release', () => {
  it('of the one before is joined, and told in the words that both know', async () => {
    control.protocol = AGENT_PROTOCOL.current - 1
    const joined = control.startAgent()
    await control.until(() => control.isJoined)
    await joined
    await control.load('logs.1')
    await control.until(() => control.logs.length > 0)
    expect(control.batches[0]).toMatchObject({ sequence: 1 })
  })

  it('of today gets logs in numbered batches', async () => {
    await control.startAgent()
    await control.load('logs.1')
    await control.until(() => control.logs.length > 0)
    expect(control.batches[0]).toMatchObject({ sequence: 1 })
  })

  it.each([
    [AGENT_PROTOCOL.oldest - 1, 'upgrade control'],
    [AGENT_PROTOCOL.current + 1, 'upgrade the agent'],
  ])(
    'that answers with version %s is not joined, and the reason says which side to upgrade',
    async (protocol, word) => {
      control.protocol = protocol
      const agent = await control.startAgent()
      expect(await agent.ended).toContain(word)
      expect(control.joins).toEqual([])
    },
  )
})

describe('a key file', () => {
  it('that is broken keeps the agent from starting: another key would not be the machine’s', async () => {
    const agent = await control.startAgent()
    await agent.end('for now')
    await writeFile(keyFile(), (await readFile(keyFile(), 'utf8')).slice(0, 40))
    await expect(control.startAgent()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await writeFile(keyFile(), formatIdentity(generateIdentity()))
    await control.startAgent()
    await control.until(() => control.proved.length === 2)
    expect(control.proved.at(-1)).not.toBe(control.proved[0])
  })
})
