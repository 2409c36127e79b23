import type { Duplex } from 'node:stream'
import { PlatformError, type ToCell } from '@openzimki/core'

export interface ChannelBounds {
  /** Longest message a cell may send. */
  messageBytes: number
  /** Bytes a cell may send between two calls of `refill`; beyond, it waits. */
  burstBytes: number
  /** Bytes that may wait to be read by the cell. */
  backlogBytes: number
}

export interface ChannelHandlers {
  onMessage(value: unknown): void
  /** The cell broke a bound or sent what is no JSON; nothing more is read. Once. */
  onBroken(error: PlatformError): void
}

const NEWLINE = 10

/**
 * The agent's end of a cell's IPC channel. For the cell it is what `child_process.fork` gives (`process.send`, one JSON text a
 * line); but Node's own reader has no bound, so a cell could fill the agent's memory, hence this one.
 */
export class CellChannel {
  readonly #socket: Duplex
  readonly #bounds: ChannelBounds
  readonly #handlers: ChannelHandlers
  #parts: Buffer[] = []
  #partBytes = 0
  #budgetBytes: number
  #broken = false

  constructor(socket: Duplex, bounds: ChannelBounds, handlers: ChannelHandlers) {
    this.#socket = socket
    this.#bounds = bounds
    this.#handlers = handlers
    this.#budgetBytes = bounds.burstBytes
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    // The end of the process says all that matters; writing to a dead cell is no event of its own.
    socket.on('error', () => this.close())
  }

  /** Lost without a word when the cell is gone. */
  send(message: ToCell): void {
    if (this.#broken || !this.#socket.writable) return
    this.#socket.write(`${JSON.stringify(message)}\n`)
    if (this.#socket.writableLength > this.#bounds.backlogBytes) {
      this.#break('it does not read what it is sent')
    }
  }

  /** Gives the cell a new burst. */
  refill(): void {
    this.#budgetBytes = this.#bounds.burstBytes
    if (!this.#broken && this.#socket.isPaused()) this.#socket.resume()
  }

  close(): void {
    this.#broken = true
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#budgetBytes -= chunk.length
    if (this.#budgetBytes < 0) this.#socket.pause()
    let start = 0
    while (!this.#broken) {
      const end = chunk.indexOf(NEWLINE, start)
      if (end < 0) break
      this.#line(chunk.subarray(start, end))
      start = end + 1
    }
    if (this.#broken || start === chunk.length) return
    this.#parts.push(chunk.subarray(start))
    this.#partBytes += chunk.length - start
    if (this.#partBytes > this.#bounds.messageBytes) this.#break('a message is too long')
  }

  #line(last: Buffer): void {
    const text = Buffer.concat([...this.#parts, last]).toString('utf8')
    this.#parts = []
    this.#partBytes = 0
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      this.#break('a message is no JSON')
      return
    }
    this.#handlers.onMessage(value)
  }

  #break(why: string): void {
    if (this.#broken) return
    this.close()
    this.#handlers.onBroken(new PlatformError('PROTOCOL', why))
  }
}
