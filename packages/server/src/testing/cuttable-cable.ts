import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { steadyPort } from './steady-port.ts'

/** A cable to a port of this host, which can be cut. */
export interface Cable {
  /** `<host>:<port>` of its near end, and of its far end, which is free for somebody to listen on. */
  near: string
  far: string
  /** All that goes through it now breaks; what comes later goes through, unless it stays cut. */
  cut(): void
  /** Connections through it now. */
  count(): number
  close(): Promise<void>
}

export async function layCable(): Promise<Cable> {
  const far = await steadyPort()
  const open = new Set<Socket>()
  const server = createServer((from) => {
    const to = connect(far, '127.0.0.1')
    for (const one of [from, to]) {
      open.add(one)
      one.on('error', () => undefined)
      one.once('close', () => {
        open.delete(one)
        from.destroy()
        to.destroy()
      })
    }
    from.pipe(to).pipe(from)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy()
  }
  return {
    near: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    far: `127.0.0.1:${far}`,
    cut,
    count: () => open.size / 2,
    close: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
