import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GatewayBounds } from './gateway-options.ts'

export type ServeRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
) => void

/** Node's HTTP server with the strict parser, and a bound for everything a client could drag out. */
export function createHttpServer(bounds: GatewayBounds, serve: ServeRequest): Server {
  const server = createServer({
    insecureHTTPParser: false,
    // Most requests have no body, and a stream that nobody reads costs a twentieth of a short request.
    optimizeEmptyRequests: true,
    requireHostHeader: true,
    maxHeaderSize: bounds.headerBytes,
    headersTimeout: bounds.headersTimeoutMs,
    requestTimeout: bounds.requestTimeoutMs,
    keepAliveTimeout: bounds.keepAliveMs,
    connectionsCheckingInterval: Math.min(1_000, bounds.headersTimeoutMs),
    noDelay: true,
  })
  server.maxConnections = bounds.maxConnections
  server.maxRequestsPerSocket = bounds.requestsPerConnection
  // Node would leave out what is beyond a number of headers without a word; the bytes are bounded already.
  server.maxHeadersCount = 0
  server.on('request', (request, response) => serve(request, response, false))
  server.on('checkContinue', (request, response) => serve(request, response, true))
  server.on('clientError', refuse)
  return server
}

const STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** What the parser could not read, or did not come in time. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  // More came after the last request of a connection; its answer may still be on the way.
  if (error.code === 'HPE_CLOSED_CONNECTION') return
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy()
    return
  }
  const status = STATUS[error.code ?? ''] ?? 400
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
  socket.end(head, () => socket.destroy())
}

/** An answer has begun on this connection, and anything else written would become part of it. Node keeps it here, and asks here itself. */
function isAnswering(socket: Duplex & { _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.headersSent === true
}
