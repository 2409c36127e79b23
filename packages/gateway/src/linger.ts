import type { IncomingMessage } from 'node:http'

/**
 * Reads on and throws away what a client still sends after its answer, so that it can read that answer; one that has not
 * finished after a while is disconnected.
 */
export function lingerThenClose(request: IncomingMessage, lingerMs: number): void {
  if (request.complete || request.destroyed) return
  const timer = setTimeout(() => request.socket.destroy(), lingerMs).unref()
  const stop = (): void => clearTimeout(timer)
  request.once('end', stop)
  request.socket.once('close', stop)
  request.resume()
}
