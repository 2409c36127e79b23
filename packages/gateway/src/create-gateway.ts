import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PlatformError, type RequestHead } from '@openzimki/core'
import { connectLink } from '@openzimki/link'
import type { CellEndpoint, RouteRealm, RouteSource } from '@openzimki/placement'
import { AnswerReader } from './answer-reader.ts'
import { askedOf } from './asked.ts'
import { CellConnections } from './cell-connections.ts'
import { CellFinder } from './cell-finder.ts'
import { forClients, requestTooLarge } from './client-error.ts'
import { type ClientHeaders, readHeaders } from './client-headers.ts'
import { sendError } from './error-page.ts'
import { Exchange } from './exchange.ts'
import { type Entry, findEntry } from './find-entry.ts'
import type { Gateway, GatewayStats } from './gateway.ts'
import type { GatewayContext } from './gateway-context.ts'
import { GATEWAY_DEFAULTS, type GatewayOptions, type HttpHandler } from './gateway-options.ts'
import { HeadWriter } from './head-writer.ts'
import { hostName } from './host-name.ts'
import { closeDoor, openDoor } from './http-door.ts'
import { createHttpServer } from './http-server.ts'
import { Invocation, type Invoked } from './invocation.ts'
import { lingerThenClose } from './linger.ts'
import { NextTurn } from './next-turn.ts'
import { requestIds } from './request-ids.ts'
import { readTarget } from './request-target.ts'
import { Traffic } from './traffic.ts'

/** A gateway over these routes. Until it listens it opens nothing but a timer that keeps no process alive. */
export function createGateway(options: GatewayOptions): Gateway {
  return new RequestGateway(options)
}

class RequestGateway implements Gateway {
  readonly #options: GatewayOptions
  readonly #routes: RouteSource
  readonly #cells: CellConnections
  readonly #context: GatewayContext
  readonly #newId: () => string
  readonly #unsubscribe: () => void
  readonly #server: Server
  /** Connections that end with the answer they get: what else came on them may not be what it seems. */
  readonly #doomed = new WeakSet<Socket>()
  #closing: Promise<void> | null = null

  constructor(options: GatewayOptions) {
    const bounds = { ...GATEWAY_DEFAULTS, ...options.bounds }
    this.#options = options
    this.#routes = options.routes
    this.#newId = requestIds(options.randomUUID ?? randomUUID)
    this.#cells = new CellConnections(options.connect ?? connectLink, options.log)
    const finder = new CellFinder(options.routes, this.#cells, bounds.rerouteMs)
    const { clock, log } = options
    const traffic = new Traffic(clock)
    const [headWriter, answerReader] = [new HeadWriter(), new AnswerReader()]
    this.#context = { finder, traffic, headWriter, answerReader, nextTurn: new NextTurn(), bounds, log }
    this.#unsubscribe = options.routes.subscribe(() => finder.routesChanged())
    this.#server = createHttpServer(bounds, (request, response, expects) =>
      this.#serve(request, response, expects),
    )
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#serve(request, response, false)
  }

  async invoke(head: RequestHead, body: Uint8Array): Promise<Invoked> {
    const realm = this.#routes.current().realms.get(head.realm)
    if (realm === undefined) throw new PlatformError('NOT_FOUND', 'There is no such realm.')
    if (realm.state === 'refused') throw refused(realm)
    return new Invocation(this.#context, realm).run(head, body)
  }

  greet(cell: CellEndpoint): void {
    this.#cells.greet(cell)
  }

  listen(address: { host: string; port: number }): Promise<{ port: number }> {
    return openDoor(this.#server, address)
  }

  stats(): GatewayStats {
    const { active, total, realms } = this.#context.traffic
    return { active, total, realms, cells: this.#cells.size }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { bounds, traffic } = this.#context
    await closeDoor(this.#server, bounds.drainMs)
    this.#unsubscribe()
    this.#cells.close()
    await traffic.empty()
    traffic.close()
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    if (this.#doomed.has(request.socket)) return
    let headers: ClientHeaders | null = null
    try {
      if (request.rawHeaders.length > this.#context.bounds.headerCount * 2) {
        this.#doomed.add(request.socket)
        response.writeHead(431, { connection: 'close', 'content-length': 0 }).end()
        return
      }
      headers = readHeaders(request.rawHeaders)
      this.#route(request, response, headers, expectsContinue)
    } catch (thrown) {
      this.#refuse(request, response, PlatformError.from(thrown), headers?.accept ?? '')
    }
  }

  #route(
    request: IncomingMessage,
    response: ServerResponse,
    headers: ClientHeaders,
    expectsContinue: boolean,
  ): void {
    const target = readTarget(request.url ?? '', headers.host)
    const host = hostName(target.authority)
    if (host === null)
      throw new PlatformError('INVALID_ARGUMENT', 'The request names a host that is no host name.')
    const found = findEntry(this.#routes.current(), host, target.path, target.query)
    if (found.kind === 'realm') {
      admit(found.entry, headers)
      const trusted = this.#options.trustProxy?.(request.socket.remoteAddress ?? '') === true
      const asked = askedOf(request, this.#newId(), found.entry, target, headers, trusted, expectsContinue)
      new Exchange(this.#context, asked, request, response).start()
    } else if (found.kind === 'missing')
      throw new PlatformError('NOT_FOUND', 'There is no application at this address.')
    else if (found.kind === 'redirect') {
      response.writeHead(307, { location: found.location, 'content-length': 0 }).end()
    } else {
      if (expectsContinue) response.writeContinue()
      this.#platform(target.path)(request, response)
    }
  }

  #platform(path: string): HttpHandler {
    for (const { prefix, handle } of this.#options.reserved ?? []) if (path.startsWith(prefix)) return handle
    return this.#options.fallback ?? ((request, response) => this.#nothingHere(request, response))
  }

  #nothingHere(request: IncomingMessage, response: ServerResponse): void {
    this.#refuse(request, response, new PlatformError('NOT_FOUND', 'There is nothing at this address.'), '')
  }

  /** The request goes nowhere. */
  #refuse(request: IncomingMessage, response: ServerResponse, error: PlatformError, accept: string): void {
    const requestId = this.#newId()
    if (error.code === 'INTERNAL')
      this.#options.log('error', 'The gateway failed', { request: requestId, why: String(error.stack) })
    if (response.headersSent) {
      response.destroy()
      return
    }
    const close = error.code === 'INVALID_ARGUMENT'
    if (close) this.#doomed.add(request.socket)
    sendError(response, forClients(error), { requestId, accept, close })
    lingerThenClose(request, this.#context.bounds.lingerMs)
  }
}

/** Throws when the realm does not take this request, whatever its cells could do. */
function admit({ realm }: Entry, headers: ClientHeaders): void {
  if (realm.state === 'refused') throw refused(realm)
  if (realm.deployment === null) {
    throw new PlatformError(
      'NOT_FOUND',
      'Nothing is deployed here yet. Its owner does that with: zimki deploy',
    )
  }
  const { requestBytes } = realm.limits
  if (headers.contentLength !== null && headers.contentLength > requestBytes)
    throw requestTooLarge(requestBytes)
}

const refused = (realm: RouteRealm): PlatformError =>
  new PlatformError('QUARANTINED', realm.reason ?? 'This application is not being served at present.')
