import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { apiCallOf } from './api-call.ts'
import type { EngineFault } from './engine-fault.ts'
import type { FaultPlan } from './fault-plan.ts'

const LATE_MS = 400

/** What the engine said, whole. */
interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** Stands before an engine's socket and does to its calls what the plan says. */
export class EngineProxy {
  readonly #engineSocket: string
  readonly #plan: FaultPlan
  readonly #server: Server

  private constructor(engineSocket: string, plan: FaultPlan) {
    this.#engineSocket = engineSocket
    this.#plan = plan
    this.#server = createServer((asked, answer) => void this.#handle(asked, answer))
  }

  static async start(engineSocket: string, ownSocket: string, plan: FaultPlan): Promise<EngineProxy> {
    const proxy = new EngineProxy(engineSocket, plan)
    proxy.#server.listen(ownSocket)
    await once(proxy.#server, 'listening')
    return proxy
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #handle(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const fault = this.#plan.next(apiCallOf(asked.method ?? '', asked.url ?? ''))
    try {
      const body = await buffer(asked)
      if (fault === 'hung') return
      if (fault === 'refused') answer.destroy()
      else if (fault === 'failed') sendFailure(answer)
      else await this.#pass(fault, asked, body, answer)
    } catch {
      // The client or the engine hung up: the other one sees that too.
      answer.destroy()
    }
  }

  async #pass(
    fault: EngineFault | null,
    asked: IncomingMessage,
    body: Buffer,
    answer: ServerResponse,
  ): Promise<void> {
    if (fault === 'late') await delay(LATE_MS)
    const said = await this.#askEngine(asked, body, answer)
    if (fault === 'lost') answer.destroy()
    else if (fault === 'denied') sendFailure(answer)
    else {
      const { 'transfer-encoding': _, ...headers } = said.headers
      answer.writeHead(said.status, {
        ...headers,
        ...(said.status < 204 ? { 'content-length': said.body.length } : {}),
      })
      if (fault !== 'cut') answer.end(said.body)
      else answer.write(said.body.subarray(0, said.body.length / 2), () => answer.destroy())
    }
  }

  /** The engine hears of a client that hangs up, as it would without us. */
  #askEngine(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    answer: ServerResponse,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.#engineSocket, method, path: url, headers, agent: false } as const
      const asking = request(options, (said) => {
        buffer(said).then(
          (text) => resolve({ status: said.statusCode ?? 500, headers: said.headers, body: text }),
          reject,
        )
      })
      asking.once('error', reject)
      answer.once('close', () => asking.destroy())
      asking.end(body)
    })
  }
}

function sendFailure(answer: ServerResponse): void {
  answer.writeHead(500, { 'content-type': 'application/json' })
  answer.end(JSON.stringify({ message: 'the engine has a bad day (injected)' }))
}
