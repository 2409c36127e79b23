import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { formatAddress, parseAddress } from './address.ts'
import { connectLink } from './connect-link.ts'
import { type LinkListener, listenLinks } from './listen-links.ts'

let folder: string
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connect-'))
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true })
})

async function listen(address: string): Promise<LinkListener> {
  const listener = await listenLinks(address, (link) => {
    link.onStream = (stream) => stream.respond(`re ${stream.head}`, null)
  })
  closing.push(() => listener.close())
  return listener
}

/** A server that is no link. */
async function other(onConnection: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  return `tcp:127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('connectLink and listenLinks', () => {
  it.each(['unix', 'tcp:127.0.0.1:0', 'tcp:[::1]:0'])('meet on %s', async (kind) => {
    const listener = await listen(kind === 'unix' ? `unix:${join(folder, 's')}` : kind)
    expect(listener.address).not.toMatch(/:0$/)
    const link = await connectLink(listener.address)
    const head = await new Promise((resolve) => {
      link.open('hello', { end: true, handlers: { onHead: resolve } })
    })
    expect(head).toBe('re hello')
    link.close()
  })

  it('hands streams to an onStream that was there from the start', async () => {
    const listener = await listenLinks(`unix:${join(folder, 's')}`, (link) => {
      link.open('welcome', { end: true, handlers: {} })
    })
    closing.push(() => listener.close())
    const head = await new Promise((resolve, reject) => {
      connectLink(listener.address, { onStream: (stream) => resolve(stream.head) }).catch(reject)
    })
    expect(head).toBe('welcome')
  })

  it('say UNAVAILABLE where nobody listens', async () => {
    await expect(connectLink(`unix:${join(folder, 'none')}`)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(listenLinks(`unix:${join(folder, 'no', 'folder')}`, () => undefined)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })

  it('say PROTOCOL where something else answers, TIMEOUT where nothing does, CANCELLED when given up', async () => {
    const http = await other((socket) => {
      socket.on('error', () => socket.destroy())
      socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    await expect(connectLink(http)).rejects.toMatchObject({ code: 'PROTOCOL' })
    const silent = await other((socket) => socket.on('error', () => socket.destroy()).resume())
    await expect(connectLink(silent, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const controller = new AbortController()
    const given = connectLink(silent, { signal: controller.signal })
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(connectLink(silent, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })

  it('keep a Unix socket to its owner, and do not take over a living one', async () => {
    const address = `unix:${join(folder, 's')}`
    await listen(address)
    expect((await stat(join(folder, 's'))).mode & 0o777).toBe(0o600)
    await expect(listenLinks(address, () => undefined)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await expect(connectLink(address)).resolves.toMatchObject({ closed: false })
  })

  it('replace a Unix socket whose process was killed', async () => {
    const path = join(folder, 's')
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', script])
    expect((await stat(path)).isSocket()).toBe(true)
    await listen(`unix:${path}`)
    const link = await connectLink(`unix:${path}`)
    expect(link.closed).toBe(false)
  })
})

describe('addresses', () => {
  it.each(['unix:/a/b:c', 'tcp:localhost:80', 'tcp:[::1]:0'])('%s comes back as it was', (text) => {
    expect(formatAddress(parseAddress(text))).toBe(text)
  })

  it.each(['', 'unix:', '/a/b', 'tcp:localhost', 'tcp:localhost:70000', 'tcp:::1:80', 'http:a:1'])(
    '%j is refused',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    },
  )
})
