import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Lets instances reach a port of the host's loopback at the host's address in their network. */
export interface Forward {
  close(): Promise<void>
}

export async function forward(address: string, port: number, targetPort = port): Promise<Forward> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    const target = connect({ host: '127.0.0.1', port: targetPort })
    for (const [one, other] of [
      [socket, target],
      [target, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  server.listen({ host: address, port })
  await once(server, 'listening')
  return {
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
