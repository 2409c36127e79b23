import type { IncomingMessage } from 'node:http'

/**
 * Reads on and throws away what a client still sends after its answer, so that it can read that answer; one that has not
 * finished after a while is disconnected.
 */
export function lingerThenClose(request: IncomingMessage, lingerMs: number): void {
  if (request.complete || request.destroyed) return
  const { socket } = request
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
  const stop = (): void => {
    clearTimeout(timer)
    // The connection may live on for thousands of requests.
    socket.off('close', stop)
  }
  request.once('end', stop)
  socket.once('close', stop)
  request.resume()
}
