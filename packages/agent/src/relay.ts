import { chmod, chown } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@openzimki/core'
import { dialRelay, type Identity, joinSockets, parseAddress, type RelayPurpose } from '@openzimki/link'

export interface RelayOptions {
  /** Control's door, `tls:<host>:<port>`, and who must answer there. */
  address: string
  controlKey: string
  identity: Identity
  machine: string
  /** Resolves when control has this agent in its books: nobody else's relays are taken. Rejects when that takes too long. */
  joined: () => Promise<void>
  note(text: string): void
}

/** A cell's way to the store. */
export interface StoreDoor {
  /** `unix:<path>` */
  address: string
  /** And cuts what came through it. */
  close(): void
}

/** A cell has one link to the store, and for a moment two when it opens another. More are a cell that is not ours any more. */
const MAX_STORE_LINKS_OF_CELL = 3
/** Between two that it opens: each costs the platform a handshake. */
const STORE_LINK_PAUSE_MS = 50

/** Of a machine whose cells are its own and on no network: the one end that has a key brings them together with the platform. */
export class Relay {
  readonly #options: RelayOptions
  readonly #open = new Set<Socket>()
  readonly #doors = new Set<StoreDoor>()
  readonly #closing = new AbortController()

  constructor(options: RelayOptions) {
    this.#options = options
  }

  /** What control asked for. Resolves when bytes flow. UNAVAILABLE: the cell does not answer. */
  async dialCell(cellAddress: string, ticket: string): Promise<void> {
    const cell = await connected(cellAddress)
    try {
      this.#join(await this.#dial('cell', ticket), cell)
    } catch (thrown) {
      cell.destroy()
      throw thrown
    }
  }

  /** Listens at the path for one cell, and lets in its user, where that is not this process's own. */
  async openStoreDoor(path: string, user: { uid: number; gid: number } | null): Promise<StoreDoor> {
    const links = new Set<Socket>()
    let nextAtMs = 0
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (cell) => {
      cell.on('error', () => cell.destroy())
      if (links.size >= MAX_STORE_LINKS_OF_CELL) {
        cell.destroy()
        return
      }
      links.add(cell)
      cell.once('close', () => links.delete(cell))
      const nowMs = performance.now()
      const atMs = Math.max(nowMs, nextAtMs)
      nextAtMs = atMs + STORE_LINK_PAUSE_MS
      void this.#toStore(cell, atMs - nowMs)
    })
    await listening(server, path)
    await chmod(path, 0o600)
    if (user) await chown(path, user.uid, user.gid)
    const door: StoreDoor = {
      address: `unix:${path}`,
      close: () => {
        this.#doors.delete(door)
        server.close()
        for (const cell of links) cell.destroy()
      },
    }
    this.#doors.add(door)
    return door
  }

  close(): void {
    this.#closing.abort()
    for (const door of this.#doors) door.close()
    for (const socket of this.#open) socket.destroy()
  }

  /** A cell whose connection ends hears of a store that is away, and comes again. */
  async #toStore(cell: Socket, waitMs: number): Promise<void> {
    try {
      if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#closing.signal })
      await this.#options.joined()
      if (cell.destroyed) return
      this.#join(await this.#dial('store', ''), cell)
    } catch (thrown) {
      cell.destroy()
      if (this.#closing.signal.aborted) return
      this.#options.note(`a cell's way to the store did not open: ${PlatformError.from(thrown).message}`)
    }
  }

  #dial(purpose: RelayPurpose, ticket: string): Promise<Socket> {
    const { address, controlKey, identity, machine } = this.#options
    const { signal } = this.#closing
    return dialRelay({ address, publicKey: controlKey, identity, machine, purpose, ticket, signal })
  }

  #join(platform: Socket, cell: Socket): void {
    this.#open.add(platform)
    joinSockets(platform, cell, () => this.#open.delete(platform))
    if (this.#closing.signal.aborted) platform.destroy()
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function connected(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = parseAddress(address)
    if (target.kind !== 'unix')
      throw new PlatformError('INTERNAL', `a cell is at a Unix socket, not at ${address}`)
    const socket = connect({ path: target.path, allowHalfOpen: true })
    socket.once('connect', () => resolve(socket))
    socket.on('error', (cause) => {
      socket.destroy()
      reject(new PlatformError('UNAVAILABLE', `the cell does not answer: ${cause.message}`, { cause }))
    })
  })
}
