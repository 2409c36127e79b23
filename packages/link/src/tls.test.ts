import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it } from '@jest/globals'
import { isPrivate, parseAddress } from './address.ts'
import { connectLink } from './connect-link.ts'
import { generateIdentity, type Identity } from './identity/identity.ts'
import { selfSignedCertificate } from './identity/self-signed-certificate.ts'
import { type LinkListener, listenLinks } from './listen-links.ts'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Answers each stream with what it heard, and tells the channel of each link. */
async function listen(identity: Identity, channels: string[] = []): Promise<LinkListener> {
  const listener = await listenLinks(
    'tls:127.0.0.1:0',
    (link, channel) => {
      channels.push(channel)
      link.onStream = (stream) => stream.respond(`re ${stream.head}`, null)
    },
    { identity },
  )
  closing.push(() => listener.close())
  return listener
}

const portOf = (address: string): number => Number(address.split(':').at(-1))

/** Passes bytes on, and keeps those of the client. */
async function tap(port: number): Promise<{ address: string; seen: Buffer[] }> {
  const seen: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const target = connect(port, '127.0.0.1')
    for (const one of [socket, target]) sockets.add(one.on('error', () => one.destroy()))
    socket.on('data', (chunk: Buffer) => seen.push(chunk))
    socket.pipe(target).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return { address: `tls:127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

describe('a link over TLS', () => {
  it('meets who has the key, and both ends name the connection alike, each anew', async () => {
    const identity = generateIdentity()
    const channels: string[] = []
    const listener = await listen(identity, channels)
    const own: string[] = []
    for (let time = 0; time < 2; time++) {
      const onChannel = (channel: string): void => void own.push(channel)
      const link = await connectLink(listener.address, { publicKey: identity.publicKey, onChannel })
      const head = await new Promise((resolve) => {
        link.open('hello', { end: true, handlers: { onHead: resolve } })
      })
      expect(head).toBe('re hello')
    }
    expect(own).toEqual(channels)
    expect(new Set(own).size).toBe(2)
    expect(own[0]).toHaveLength(43)
  })

  it('sends nothing that can be read on the way', async () => {
    const identity = generateIdentity()
    const { address, seen } = await tap(portOf((await listen(identity)).address))
    const link = await connectLink(address, { publicKey: identity.publicKey })
    await new Promise((resolve) => {
      link.open('a join token', { end: true, handlers: { onHead: resolve } })
    })
    expect(Buffer.concat(seen).length).toBeGreaterThan(0)
    expect(Buffer.concat(seen).includes('a join token')).toBe(false)
  })

  it('refuses another key before anything is said', async () => {
    const heard: Buffer[] = []
    const impostor = generateIdentity()
    const key = impostor.privateKey.export({ type: 'pkcs8', format: 'pem' })
    const server = createTlsServer({ key, cert: selfSignedCertificate(impostor) }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (chunk: Buffer) => heard.push(chunk))
    })
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const gone = new Promise((resolve) =>
      server.once('connection', (socket) => socket.once('close', resolve)),
    )
    const address = `tls:127.0.0.1:${(server.address() as AddressInfo).port}`
    const expected = generateIdentity()
    await expect(connectLink(address, { publicKey: expected.publicKey })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    await gone
    expect(heard).toEqual([])
    await new Promise((resolve) => server.close(resolve))
  })

  it('refuses a certificate of the right key from who does not have it', async () => {
    const identity = generateIdentity()
    const own = generateIdentity()
    const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' })
    expect(() => createTlsServer({ key, cert: selfSignedCertificate(identity) })).toThrow()
  })

  it('needs somebody to expect, and somebody to be', async () => {
    await expect(connectLink('tls:127.0.0.1:1')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(listenLinks('tls:127.0.0.1:0', () => undefined)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  it('takes TLS 1.3 only', async () => {
    const port = portOf((await listen(generateIdentity())).address)
    const socket = connectTls({ port, host: '127.0.0.1', maxVersion: 'TLSv1.2', rejectUnauthorized: false })
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error.message).toContain('protocol version')
  })

  it('is UNAVAILABLE, TIMEOUT or CANCELLED where the other end is plain, silent, or given up', async () => {
    const { publicKey } = generateIdentity()
    const plain = await listenLinks('tcp:127.0.0.1:0', () => undefined)
    closing.push(() => plain.close())
    const toPlain = plain.address.replace('tcp', 'tls')
    await expect(connectLink(toPlain, { publicKey })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const silent = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => silent.close(resolve)))
    const address = `tls:127.0.0.1:${(silent.address() as AddressInfo).port}`
    await expect(connectLink(address, { publicKey, timeoutMs: 30 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
    const controller = new AbortController()
    const given = connectLink(address, { publicKey, signal: controller.signal })
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('closes at once, also on peers that never shake hands', async () => {
    const listener = await listenLinks('tls:127.0.0.1:0', () => undefined, { identity: generateIdentity() })
    const socket = connect(portOf(listener.address), '127.0.0.1')
    await once(socket, 'connect')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    // The server has taken it once it answers nonsense or hangs up; half a record leaves it waiting.
    socket.write(Buffer.from([0x16, 0x03, 0x01]))
    await new Promise((resolve) => setImmediate(resolve))
    await listener.close()
    await closed
  })
})

describe('isPrivate', () => {
  it.each([
    ['unix:/s', true],
    ['tcp:127.0.0.1:1', true],
    ['tcp:[::1]:1', true],
    ['tcp:localhost:1', true],
    ['tls:example.org:1', true],
    ['tcp:10.0.0.1:1', false],
    ['tcp:127.0.0.1.example.org:1', false],
    ['tcp:0.0.0.0:1', false],
  ])('of %s is %s', (address, is) => {
    expect(isPrivate(parseAddress(address))).toBe(is)
  })
})
