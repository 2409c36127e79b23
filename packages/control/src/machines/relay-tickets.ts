import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { PlatformError } from '@openzimki/core'

const TICKET_BYTES = 32
/** Tickets that are no good any more, remembered to tell a late one from a forged one. */
const MAX_REMEMBERED = 4_096

/** A ticket that opens one way in, once. */
export interface Ticket {
  text: string
  /** Resolves when somebody came with it; rejects when it is taken back. */
  arrived: Promise<Socket>
  /** It works no longer. No effect once it was used. */
  takeBack(error: PlatformError): void
}

/** `unknown`: forged, or of another time. */
export type BadTicket = 'unknown' | 'used' | 'late' | 'of-another-machine'

interface Issued {
  machine: string
  cell: string
  arrive: (socket: Socket) => void
  takeBack: (error: PlatformError) => void
}

/** What control lets agents dial in for: each ticket is of one machine and one cell, works once, and not for long. */
export class RelayTickets {
  readonly #ticketMs: number
  readonly #issued = new Map<string, Issued>()
  readonly #spent = new Map<string, 'used' | 'late'>()

  constructor(ticketMs: number) {
    this.#ticketMs = ticketMs
  }

  issue(machine: string, cell: string): Ticket {
    const text = randomBytes(TICKET_BYTES).toString('base64url')
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    promise.catch(() => undefined)
    const end = (how: 'used' | 'late'): boolean => {
      clearTimeout(timer)
      if (!this.#issued.delete(text)) return false
      this.#remember(text, how)
      return true
    }
    const takeBack = (error: PlatformError): void => {
      if (end('late')) reject(error)
    }
    const timer = setTimeout(
      () =>
        takeBack(new PlatformError('TIMEOUT', `machine ${machine} did not dial in in ${this.#ticketMs} ms`)),
      this.#ticketMs,
    )
    const arrive = (socket: Socket): void => {
      if (end('used')) resolve(socket)
      else socket.destroy()
    }
    this.#issued.set(text, { machine, cell, arrive, takeBack })
    return { text, arrived: promise, takeBack }
  }

  /** Uses the ticket up, whoever comes with it: what was seen by the wrong one is worth nothing any more. */
  redeem(
    text: string,
    machine: string,
  ): { arrive: (socket: Socket) => void } | { bad: BadTicket; issuedTo: string | null } {
    const issued = this.#issued.get(text)
    if (!issued) return { bad: this.#spent.get(text) ?? 'unknown', issuedTo: null }
    if (issued.machine === machine) return { arrive: issued.arrive }
    issued.takeBack(new PlatformError('UNAVAILABLE', 'somebody else came with the ticket of this machine'))
    return { bad: 'of-another-machine', issuedTo: issued.machine }
  }

  /** Nobody of this machine is waited for any more. */
  takeBackAll(machine: string, error: PlatformError): void {
    for (const issued of [...this.#issued.values()]) if (issued.machine === machine) issued.takeBack(error)
  }

  #remember(text: string, how: 'used' | 'late'): void {
    this.#spent.set(text, how)
    if (this.#spent.size > MAX_REMEMBERED) this.#spent.delete(this.#spent.keys().next().value as string)
  }
}
