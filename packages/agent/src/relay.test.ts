import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { generateIdentity, type IncomingRelay, listenLinks, RELAY_PROTOCOL, readRelay } from '@openzimki/link'
import { Relay } from './relay.ts'

const platform = generateIdentity()
const identity = generateIdentity()
const closing: (() => unknown)[] = []
let folder: string
let relay: Relay
let notes: string[]
/** Whether control has this agent in its books. */
let joined: () => Promise<void>
/** What the platform does with what is dialled; it is kept. */
let onRelay: (relay: IncomingRelay) => void
let dialled: IncomingRelay[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'relay-'))
  closing.push(() => rm(folder, { recursive: true }))
  notes = []
  dialled = []
  joined = async () => undefined
  onRelay = (incoming) => {
    const socket = incoming.accept()
    socket.pipe(socket)
  }
  const take = async (socket: Socket, channel: string): Promise<void> => {
    const incoming = await readRelay(socket, channel, 10_000)
    dialled.push(incoming)
    onRelay(incoming)
  }
  const others = { [RELAY_PROTOCOL]: (socket: Socket, channel: string) => void take(socket, channel) }
  const listener = await listenLinks('tls:127.0.0.1:0', () => undefined, { identity: platform, others })
  closing.push(() => listener.close())
  relay = new Relay({
    ...{ address: listener.address, controlKey: platform.publicKey, identity, machine: 'm-1' },
    ...{ joined: () => joined(), user: null, note: (text: string) => notes.push(text) },
  })
  closing.push(() => relay.close())
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** As a cell does. */
async function toStore(path: string): Promise<Socket> {
  const socket = connect(path).on('error', () => undefined)
  closing.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const says = async (socket: Socket, text: string): Promise<string> => {
  socket.write(text)
  return String((await once(socket, 'data'))[0])
}

const gone = (socket: Socket): Promise<unknown> => once(socket.resume(), 'close')

describe("a cell's way to the store", () => {
  it('is a socket of its own, and what it says goes through the door, signed by the agent', async () => {
    const { address } = await relay.openStoreDoor(join(folder, 'd'), null)
    expect(address).toBe(`unix:${join(folder, 'd')}`)
    expect((await stat(join(folder, 'd'))).mode & 0o777).toBe(0o600)
    expect(await says(await toStore(join(folder, 'd')), 'ping')).toBe('ping')
    expect(dialled.map(({ hello }) => hello)).toEqual([{ machine: 'm-1', purpose: 'store', ticket: '' }])
    expect(dialled[0]?.isSignedBy(identity.publicKey)).toBe(true)
  })

  it('waits for control, and ends when it does not come, or refuses', async () => {
    await relay.openStoreDoor(join(folder, 'd'), null)
    const gate = Promise.withResolvers<void>()
    joined = () => gate.promise
    const early = await toStore(join(folder, 'd'))
    const answer = says(early, 'ping')
    expect(dialled).toEqual([])
    gate.resolve()
    expect(await answer).toBe('ping')
    joined = () => Promise.reject(new PlatformError('UNAVAILABLE', 'control is away'))
    await gone(await toStore(join(folder, 'd')))
    joined = async () => undefined
    onRelay = (incoming) => incoming.refuse(new PlatformError('LIMIT_EXCEEDED', 'too many'))
    await gone(await toStore(join(folder, 'd')))
    expect(notes).toEqual([expect.stringContaining('control is away'), expect.stringContaining('too many')])
  })

  it('is three at a time for each cell, and others have theirs', async () => {
    await relay.openStoreDoor(join(folder, 'd'), null)
    await relay.openStoreDoor(join(folder, 'e'), null)
    const open = []
    for (const text of ['1', '2', '3']) {
      const socket = await toStore(join(folder, 'd'))
      expect(await says(socket, text)).toBe(text)
      open.push(socket)
    }
    await gone(await toStore(join(folder, 'd')))
    expect(await says(await toStore(join(folder, 'e')), 'other')).toBe('other')
    expect(dialled).toHaveLength(4)
  })

  it('ends with its cell', async () => {
    const { close } = await relay.openStoreDoor(join(folder, 'd'), null)
    const socket = await toStore(join(folder, 'd'))
    await says(socket, 'ping')
    close()
    await gone(socket)
    await expect(once(connect(join(folder, 'd')), 'connect')).rejects.toThrow()
  })

  it('is broken when the platform cuts it', async () => {
    onRelay = (incoming) => void incoming.accept().end('bye')
    await relay.openStoreDoor(join(folder, 'd'), null)
    const socket = await toStore(join(folder, 'd'))
    expect(String((await once(socket, 'data'))[0])).toBe('bye')
    await gone(socket)
  })
})

describe('what the gateway wants of a cell', () => {
  it('goes to its socket, with the ticket', async () => {
    const cell = createServer((socket) => socket.pipe(socket))
    await new Promise<void>((resolve) => cell.listen(join(folder, 'c'), resolve))
    closing.push(() => cell.close())
    const socket = Promise.withResolvers<Socket>()
    onRelay = (incoming) => socket.resolve(incoming.accept())
    await relay.dialCell(`unix:${join(folder, 'c')}`, 'a ticket')
    expect(dialled[0]?.hello).toEqual({ machine: 'm-1', purpose: 'cell', ticket: 'a ticket' })
    expect(await says(await socket.promise, 'ping')).toBe('ping')
  })

  it('is not dialled for where the cell does not answer', async () => {
    const asked = relay.dialCell(`unix:${join(folder, 'nobody')}`, 'a ticket')
    await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(dialled).toEqual([])
  })
})
