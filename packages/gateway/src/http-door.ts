import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PlatformError } from '@openzimki/core'

const IDLE_CHECK_MS = 50

/** Listens; answers the real port. Errors: ALREADY_EXISTS (it is taken), UNAVAILABLE. */
export function openDoor(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const taken = cause.code === 'EADDRINUSE'
      const why = taken ? `port ${port} is taken by another program; choose another` : cause.message
      reject(
        new PlatformError(taken ? 'ALREADY_EXISTS' : 'UNAVAILABLE', `cannot listen on ${host}: ${why}`, {
          cause,
        }),
      )
    }
    server.once('error', fail)
    try {
      server.listen(port, host, () => {
        server.off('error', fail)
        resolve({ port: (server.address() as AddressInfo).port })
      })
    } catch (thrown) {
      fail(thrown as NodeJS.ErrnoException)
    }
  })
}

/** Takes no new connections, closes each as it falls idle, and after `drainMs` those that are left. */
export async function closeDoor(server: Server, drainMs: number): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const late = setTimeout(() => server.closeAllConnections(), drainMs)
  await new Promise((resolve) => server.close(resolve))
  clearInterval(idle)
  clearTimeout(late)
}
