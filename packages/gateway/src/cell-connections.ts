import { PlatformError } from '@openzimki/core'
import type { Link } from '@openzimki/link'
import type { CellEndpoint } from '@openzimki/placement'
import type { GatewayLog } from './gateway-options.ts'

/** Greetings under way, and links that were opened by one: machines say where to. */
const MOST_GREETINGS = 16
const MOST_AHEAD = 64

interface Interest {
  /** A request waits for it: why it fails is of interest. */
  isAwaited: boolean
}

interface Attempt extends Interest {
  connection: Promise<CellConnection>
}

/** The one link to a cell, and what runs over it. */
export class CellConnection {
  readonly endpoint: CellEndpoint
  readonly link: Link
  /** Requests in flight. */
  active = 0

  constructor(endpoint: CellEndpoint, link: Link) {
    this.endpoint = endpoint
    this.link = link
  }
}

/**
 * A link for each cell, opened on first use, kept, and opened anew after it failed. By address, which is where a link leads: an id is what
 * a machine says of its cell, and one that knew another's could draw that one's requests to itself.
 */
export class CellConnections {
  /** Requests in flight in a cell; for placement's `choose`. */
  readonly inFlight = (cell: CellEndpoint): number => this.#connections.get(cell.address)?.active ?? 0
  readonly #connect: (address: string) => Promise<Link>
  readonly #log: GatewayLog
  readonly #connections = new Map<string, CellConnection>()
  readonly #connecting = new Map<string, Attempt>()
  /** Opened by a greeting, the oldest first. */
  readonly #ahead: CellConnection[] = []
  #closed = false

  constructor(connect: (address: string) => Promise<Link>, log: GatewayLog) {
    this.#connect = connect
    this.#log = log
  }

  get size(): number {
    return this.#connections.size
  }

  /** The connection if it is there now. */
  ready(cell: CellEndpoint): CellConnection | null {
    return this.#connections.get(cell.address) ?? null
  }

  /** Callers at the same time share one attempt. Rejects with UNAVAILABLE; the log has the reason. */
  async open(cell: CellEndpoint): Promise<CellConnection> {
    const there = this.#connections.get(cell.address)
    if (there !== undefined) return there
    const attempt = this.#connecting.get(cell.address) ?? this.#begin(cell)
    attempt.isAwaited = true
    return attempt.connection
  }

  /** Opens a link that nobody waits for yet. What fails is told when a request needs it; of too many the oldest idle ones are closed again. */
  greet(cell: CellEndpoint): void {
    if (this.#closed || this.#connections.has(cell.address) || this.#connecting.has(cell.address)) return
    if (this.#connecting.size >= MOST_GREETINGS) return
    this.#begin(cell).connection.then(
      (connection) => this.#keepAhead(connection),
      () => undefined,
    )
  }

  close(): void {
    this.#closed = true
    for (const { link } of this.#connections.values()) link.close()
  }

  #keepAhead(connection: CellConnection): void {
    this.#ahead.push(connection)
    if (this.#ahead.length <= MOST_AHEAD) return
    const oldest = this.#ahead.shift()
    if (oldest?.active === 0) oldest.link.close()
  }

  #begin(cell: CellEndpoint): Attempt {
    const interest: Interest = { isAwaited: false }
    const attempt = Object.assign(interest, { connection: this.#attempt(cell, interest) })
    this.#connecting.set(cell.address, attempt)
    return attempt
  }

  async #attempt(cell: CellEndpoint, interest: Interest): Promise<CellConnection> {
    try {
      const link = await this.#connect(cell.address)
      const connection = new CellConnection(cell, link)
      if (this.#closed || link.closed) link.close()
      else {
        this.#connections.set(cell.address, connection)
        link.onClose = () => this.#forget(connection)
      }
      return connection
    } catch (cause) {
      const why = PlatformError.from(cause).message
      if (interest.isAwaited) this.#log('warn', 'A cell cannot be reached', { cell: cell.id, why })
      throw new PlatformError('UNAVAILABLE', 'The application cannot be reached. Try again in a moment.', {
        cause,
      })
    } finally {
      this.#connecting.delete(cell.address)
    }
  }

  #forget(connection: CellConnection): void {
    const { address } = connection.endpoint
    if (this.#connections.get(address) === connection) this.#connections.delete(address)
  }
}
