import { once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** What passes: a test may change it, or answer in the store's place. */
export interface PassingRequest {
  method: string
  /** With its query. */
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface PassingAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** Bytes after which the connection breaks. */
  breakAfter?: number
}

export interface Behaviour {
  /** An answer in place of the store's; `never`: none at all. */
  answer?(request: PassingRequest): PassingAnswer | 'never' | undefined
  /** Changes a request before the store sees it. */
  request?(request: PassingRequest): unknown
  /** Changes the store's answer. */
  response?(request: PassingRequest, answer: PassingAnswer): void
}

/** A proxy in front of a store that does as the test says, whole messages at a time; without a behaviour, it passes all on. */
export class S3Proxy {
  readonly endpoint: string
  behaviour: Behaviour = {}
  /** Methods and paths that came, in order. */
  readonly seen: string[] = []
  readonly #server: Server
  readonly #agent: Agent

  private constructor(server: Server, agent: Agent) {
    this.#server = server
    this.#agent = agent
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(target: { socketPath: string } | { host: string; port: number }): Promise<S3Proxy> {
    const agent = new Agent({ keepAlive: true })
    const server = createServer((incoming, outgoing) => {
      void pass(incoming, outgoing, { ...target, agent }, proxy).catch(() => outgoing.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy: S3Proxy = new S3Proxy(server, agent)
    return proxy
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

type Target = ({ socketPath: string } | { host: string; port: number }) & { agent: Agent }

async function pass(incoming: IncomingMessage, outgoing: ServerResponse, target: Target, proxy: S3Proxy) {
  if (incoming.headers.expect) outgoing.writeContinue()
  const passing: PassingRequest = {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: { ...incoming.headers },
    body: await wholeOf(incoming),
  }
  proxy.seen.push(`${passing.method} ${passing.path}`)
  const { behaviour } = proxy
  behaviour.request?.(passing)
  const own = behaviour.answer?.(passing)
  if (own === 'never') return
  const answer = own ?? (await ask(passing, target))
  behaviour.response?.(passing, answer)
  send(outgoing, answer)
}

async function ask({ method, path, headers, body }: PassingRequest, target: Target): Promise<PassingAnswer> {
  const { expect: _, ...passed } = headers
  const asked = request({ ...target, method, path, headers: passed })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await wholeOf(answer) }
}

function send(outgoing: ServerResponse, { status, headers, body, breakAfter }: PassingAnswer): void {
  const { connection: _, 'transfer-encoding': __, ...passed } = headers
  outgoing.writeHead(status, passed)
  if (breakAfter === undefined) outgoing.end(body)
  else outgoing.write(body.subarray(0, breakAfter), () => outgoing.destroy())
}

async function wholeOf(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
