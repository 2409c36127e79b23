import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Link, LinkOptions } from '../contract.ts'
import { linkOptions } from '../create-link.ts'
import { MuxLink } from '../mux-link.ts'

/** Two connected sockets of this process; `close` ends both and removes the file. */
export async function socketPair(): Promise<{ a: Socket; b: Socket; close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'link-'))
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve))
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const a = connect(join(folder, 's'))
  const b = await accepted
  const close = async (): Promise<void> => {
    a.destroy()
    b.destroy()
    await new Promise((resolve) => server.close(resolve))
    rmSync(folder, { recursive: true })
  }
  return { a, b, close }
}

export interface LinkPair {
  client: Link
  server: Link
  sockets: { client: Socket; server: Socket }
  close: () => Promise<void>
}

/** A link and its other end, over a Unix socket, once they have introduced themselves. */
export async function linkPair(options: Partial<LinkOptions> = {}, peer = options): Promise<LinkPair> {
  const { a, b, close } = await socketPair()
  const client = new MuxLink(a, 'client', linkOptions(options))
  const server = new MuxLink(b, 'server', linkOptions(peer))
  const greeted = [client, server].map(
    (link) =>
      new Promise<void>((resolve) => {
        link.onHello = resolve
      }),
  )
  await Promise.all(greeted)
  return { client, server, sockets: { client: a, server: b }, close }
}
