import type { RequestHead } from '@openzimki/core'
import { IncomingBody, type Link, type LinkListener, type LinkStream, listenLinks } from '@openzimki/link'
import type { CellEndpoint } from '@openzimki/placement'

/** A request that has reached the cell. */
export interface CellRequest {
  head: RequestHead
  stream: LinkStream
  body: AsyncIterable<Uint8Array>
}

export type Serve = (request: CellRequest) => void | Promise<void>

/** A cell as the gateway sees it: streams in, answers out, here by a function of the test. */
export class TestCell {
  readonly endpoint: CellEndpoint
  /** Streams that ended with a reset, with its code. */
  readonly resets: string[] = []
  requests = 0
  /** What serving rejected with, such as a body that was cut off. */
  readonly failures: unknown[] = []
  readonly #listener: LinkListener
  readonly #links: Set<Link>

  private constructor(endpoint: CellEndpoint, listener: LinkListener, links: Set<Link>) {
    this.endpoint = endpoint
    this.#listener = listener
    this.#links = links
  }

  static async start(id: string, path: string, serve: Serve): Promise<TestCell> {
    const links = new Set<Link>()
    const listener = await listenLinks(`unix:${path}`, (link) => {
      links.add(link)
      link.onClose = () => links.delete(link)
      link.onStream = (stream) => cell.#accept(stream, serve)
    })
    const cell = new TestCell({ id, address: listener.address }, listener, links)
    return cell
  }

  /** Streams that are open now. */
  get active(): number {
    return [...this.#links].reduce((sum, link) => sum + link.active, 0)
  }

  /** Lets go of what it has noted, so that a test of memory does not measure that. */
  forget(): void {
    this.resets.length = 0
    this.failures.length = 0
  }

  /** As when its process dies: the socket goes, and nobody listens any more. */
  async die(): Promise<void> {
    await this.#listener.close()
  }

  #accept(stream: LinkStream, serve: Serve): void {
    this.requests++
    const body = new IncomingBody(
      (bytes) => stream.consumed(bytes),
      () => undefined,
    )
    stream.handlers = {
      onData: (chunk) => body.push(chunk),
      onEnd: () => body.end(),
      onReset: (error) => {
        this.resets.push(error.code)
        body.fail(error)
      },
    }
    Promise.resolve(serve({ head: JSON.parse(stream.head), stream, body })).catch((thrown: unknown) =>
      this.failures.push(thrown),
    )
  }
}

/** An answer's head as JSON. */
export const answer = (status: number, headers: unknown[] = ['content-type', 'text/plain']): string =>
  JSON.stringify({ status, headers })

export const bytes = (text: string): Uint8Array => Buffer.from(text)
