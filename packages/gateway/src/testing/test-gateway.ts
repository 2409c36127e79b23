import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@openzimki/core'
import type { RouteRealm } from '@openzimki/placement'
import { createGateway } from '../create-gateway.ts'
import type { Gateway } from '../gateway.ts'
import type { GatewayOptions } from '../gateway-options.ts'
import { type Serve, TestCell } from './test-cell.ts'
import { realmRoute, TestRoutes, uuid } from './test-routes.ts'

export const REALM = uuid(1)
export const KEY = uuid(2)

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  rawHeaders: string[]
  text: string
}

/** A gateway that listens, cells of the test's own, and a realm `wiki` that they serve. */
export class TestGateway {
  readonly routes = new TestRoutes()
  readonly logged: string[] = []
  readonly folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  readonly cells: TestCell[] = []
  gateway!: Gateway
  port = 0
  readonly #agent = new Agent({ keepAlive: true })
  readonly #sockets: Socket[] = []

  static async start(serve: Serve, options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
    const test = new TestGateway()
    const cell = await test.cell(serve)
    test.realm({ cells: [cell.endpoint] })
    test.gateway = createGateway({
      routes: test.routes,
      clock: systemClock,
      log: (_, message, details) => test.logged.push(`${message} ${JSON.stringify(details)}`),
      ...options,
    })
    test.port = (await test.gateway.listen({ host: '127.0.0.1', port: 0 })).port
    return test
  }

  async cell(serve: Serve): Promise<TestCell> {
    const number = this.cells.length
    const cell = await TestCell.start(uuid(500 + number), join(this.folder, String(number)), serve)
    this.cells.push(cell)
    return cell
  }

  /** Sets the realm anew, under the alias `wiki`. */
  realm(changes: Parameters<typeof realmRoute>[1] = {}): RouteRealm {
    const realm = realmRoute(REALM, { cells: this.cells.map(({ endpoint }) => endpoint), ...changes })
    this.routes.set(realm, [{ id: KEY, alias: 'wiki' }])
    return realm
  }

  /** One request by node's client. */
  ask(
    path: string,
    options: { method?: string; headers?: OutgoingHttpHeaders; body?: string | Uint8Array } = {},
  ): Promise<Answer> {
    const { method = 'GET', headers = {}, body } = options
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { port: this.port, host: '127.0.0.1', path, method, headers, agent: this.#agent },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              rawHeaders: response.rawHeaders,
              text: Buffer.concat(chunks).toString(),
            }),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  }

  /** A bare connection; `all` resolves with everything that came until it ended. */
  raw(text = ''): { socket: Socket; all: Promise<string> } {
    const socket = connect({ port: this.port, host: '127.0.0.1' })
    this.#sockets.push(socket)
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    const all = new Promise<string>((resolve) => {
      socket.on('error', () => socket.destroy())
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
    })
    if (text !== '') socket.write(text, 'latin1')
    return { socket, all }
  }

  /** Resolves when nothing is under way, in the gateway and in the cells. */
  async quiet(): Promise<void> {
    await until(() => this.gateway.stats().active === 0 && this.cells.every(({ active }) => active === 0))
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    for (const socket of this.#sockets) socket.destroy()
    await this.gateway.close()
    for (const cell of this.cells) await cell.die()
    rmSync(this.folder, { recursive: true })
  }
}

/** Waits, turn by turn of the event loop, until something is so; the test's own time-out is the bound. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}
