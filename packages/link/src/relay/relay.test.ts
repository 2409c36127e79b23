import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { connectLink } from '../connect-link.ts'
import { generateIdentity } from '../identity/identity.ts'
import { type LinkListener, listenLinks } from '../listen-links.ts'
import { openSocket, peerProved } from '../tls-channel.ts'
import { type DialRelayOptions, dialRelay } from './dial-relay.ts'
import { joinSockets } from './join-sockets.ts'
import { writeRelayFrame } from './relay-frame.ts'
import { type IncomingRelay, RELAY_PROTOCOL, readRelay } from './relay-hello.ts'

const door = generateIdentity()
const machine = generateIdentity()
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A door that gives what was dialled to `onRelay`, and what went wrong to `failures`. */
async function openDoor(
  onRelay: (relay: IncomingRelay) => void,
  failures: PlatformError[] = [],
): Promise<LinkListener> {
  const take = (socket: Socket, channel: string): void => {
    readRelay(socket, channel, 1_000).then(onRelay, (error: PlatformError) => failures.push(error))
  }
  const onLink = (link: { onStream: unknown }): void => {
    link.onStream = (stream: { head: string; respond(head: string, body: null): void }) =>
      stream.respond(`re ${stream.head}`, null)
  }
  const options = { identity: door, others: { [RELAY_PROTOCOL]: take } }
  const listener = await listenLinks('tls:127.0.0.1:0', onLink as never, options)
  closing.push(() => listener.close())
  return listener
}

const dial = async (address: string, change: Partial<DialRelayOptions> = {}): Promise<Socket> => {
  const hello = { machine: 'm-1', purpose: 'cell', ticket: 'a ticket' } as const
  const socket = await dialRelay({
    address,
    publicKey: door.publicKey,
    identity: machine,
    ...hello,
    ...change,
  })
  closing.push(() => socket.destroy())
  return socket
}

/** Shakes hands and says what it is told. */
async function speak(address: string, say: (socket: Socket) => void): Promise<Socket> {
  const port = Number(address.split(':').at(-1))
  const socket = openSocket({ kind: 'tls', host: '127.0.0.1', port }, door.publicKey, RELAY_PROTOCOL)
  await peerProved(socket, door.publicKey, address)
  socket.on('error', () => undefined)
  closing.push(() => socket.destroy())
  say(socket)
  return socket
}

/** Both ends are half-open, so who is hung up on reads an end; or a break. */
function hungUp(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('end', resolve).once('close', resolve).resume()
  })
}

describe('a relay', () => {
  it('is signed by who dials, and carries bytes that came with the answer', async () => {
    const signers: boolean[] = []
    const { address } = await openDoor((relay) => {
      expect(relay.hello).toEqual({ machine: 'm-1', purpose: 'cell', ticket: 'a ticket' })
      signers.push(relay.isSignedBy(machine.publicKey), relay.isSignedBy(door.publicKey))
      const socket = relay.accept()
      socket.write('at once')
      socket.pipe(socket)
    })
    const socket = await dial(address)
    socket.write(' and echoed')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.length === 18) socket.end()
    })
    await once(socket, 'end')
    expect(text).toBe('at once and echoed')
    expect(signers).toEqual([true, false])
  })

  it('tells the one who dials why it is refused, and leaves the door open for links', async () => {
    const why = new PlatformError('LIMIT_EXCEEDED', 'not now')
    const { address } = await openDoor((relay) => relay.refuse(why))
    await expect(dial(address)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', message: 'not now' })
    const link = await connectLink(address, { publicKey: door.publicKey })
    const head = await new Promise((resolve) =>
      link.open('ping', { handlers: { onHead: resolve }, end: true }),
    )
    expect(head).toBe('re ping')
    link.close()
  })

  it('is dialled to nobody with another key, nor without TLS', async () => {
    const { address } = await openDoor((relay) => relay.accept())
    await expect(dial(address, { publicKey: machine.publicKey })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    await expect(dial('tcp:127.0.0.1:1')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('said again on another connection is signed by nobody', async () => {
    const said: unknown[] = []
    const signed: boolean[] = []
    const { address } = await openDoor((relay) => {
      signed.push(relay.isSignedBy(machine.publicKey))
      relay.accept()
    })
    const spy = { ...machine, sign: (text: string) => said[said.push(machine.sign(text)) - 1] as string }
    await dial(address, { identity: spy })
    const replay = { machine: 'm-1', purpose: 'cell', ticket: 'a ticket', proof: said[0] }
    await once(await speak(address, (socket) => writeRelayFrame(socket, replay)), 'data')
    expect(signed).toEqual([true, false])
  })

  it.each<[string, string, (socket: Socket) => void]>([
    ['says nothing', 'TIMEOUT', () => undefined],
    ['says half of it', 'TIMEOUT', (socket) => socket.write(Buffer.from([1, 0, 123]))],
    ['says too much', 'PROTOCOL', (socket) => socket.write(Buffer.alloc(70_000, 255))],
    ['speaks another protocol', 'PROTOCOL', (socket) => socket.write('GET / HTTP/1.1\r\n\r\n')],
    ['says no words', 'PROTOCOL', (socket) => writeRelayFrame(socket, { machine: 1, purpose: 'cell' })],
    [
      'wants what there is not',
      'PROTOCOL',
      (socket) => writeRelayFrame(socket, { ...WORDS, purpose: 'root' }),
    ],
    ['hangs up', 'UNAVAILABLE', (socket) => socket.end()],
  ])('that %s is hung up on', async (_what, code, say) => {
    const failures: PlatformError[] = []
    const { address } = await openDoor(() => undefined, failures)
    const socket = await speak(address, say)
    await hungUp(socket)
    expect(failures.map((failure) => failure.code)).toEqual([code])
  })

  it('ends with its listener', async () => {
    const listener = await openDoor((relay) => relay.accept())
    const socket = await dial(listener.address)
    const end = hungUp(socket)
    await listener.close()
    await end
  })
})

const WORDS = { machine: 'm-1', purpose: 'cell', ticket: '', proof: '' }

describe('joined sockets', () => {
  /** Two ends, and what is between them. */
  async function ends(
    onClosed = (): void => undefined,
  ): Promise<{ near: Socket; far: Socket; between: Socket[] }> {
    const near = await pair()
    const far = await pair()
    joinSockets(near.inner, far.inner, onClosed)
    return { near: near.outer, far: far.outer, between: [near.inner, far.inner] }
  }

  async function pair(): Promise<{ outer: Socket; inner: Socket }> {
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const outer = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    const [inner] = (await once(server, 'connection')) as [Socket]
    closing.push(() => {
      outer.destroy()
      inner.destroy()
      server.close()
    })
    for (const socket of [outer, inner]) socket.on('error', () => undefined)
    return { outer, inner }
  }

  it('pass on the end of one direction and go on in the other', async () => {
    const closed = Promise.withResolvers<void>()
    const { near, far } = await ends(closed.resolve)
    near.end('asked')
    const [asked] = await once(far, 'data')
    await once(far, 'end')
    far.end('answered')
    const [answered] = await once(near, 'data')
    expect([String(asked), String(answered)]).toEqual(['asked', 'answered'])
    await closed.promise
  })

  it('take no more from one end than the other takes', async () => {
    const { near, between } = await ends()
    for (let count = 0; count < 64; count++) near.write(Buffer.alloc(1 << 20))
    // Until nothing moves any more: the operating system's buffers are full, and ours.
    let [read, still] = [-1, 0]
    while (still < 200) {
      await new Promise((resolve) => setImmediate(resolve))
      still = read === between[0]?.bytesRead ? still + 1 : 0
      read = between[0]?.bytesRead ?? 0
    }
    const held = between.reduce((sum, one) => sum + one.writableLength + one.readableLength, 0)
    expect(near.writableLength).toBeGreaterThan(8 << 20)
    expect(held).toBeLessThan(1 << 20)
  })

  it.each(['near', 'far'] as const)('break both when the %s end breaks', async (which) => {
    const closed = Promise.withResolvers<void>()
    const both = await ends(closed.resolve)
    const other = which === 'near' ? both.far : both.near
    both[which].resetAndDestroy()
    await hungUp(other)
    await closed.promise
  })

  it('do not keep one whose other was gone before', async () => {
    const [near, far] = [await pair(), await pair()]
    near.inner.destroy()
    await once(near.inner, 'close')
    const closed = Promise.withResolvers<void>()
    joinSockets(near.inner, far.inner, closed.resolve)
    await hungUp(far.outer)
    await closed.promise
  })
})
