import type { Socket } from 'node:net'
import { canonicalJson, PlatformError } from '@openzimki/core'
import { isSignedBy } from '../identity/identity.ts'
import { readRelayFrame, writeRelayFrame } from './relay-frame.ts'

/** The name (ALPN) under which relays are dialled, at the door that takes links. */
export const RELAY_PROTOCOL = 'zimki-relay/1'

/** What a machine dials for: `cell`, a way to one of its cells; `store`, a way to the store for one. */
export type RelayPurpose = 'cell' | 'store'

/** What the one who dials says first. */
export interface RelayHello {
  machine: string
  purpose: RelayPurpose
  /** Of a cell: the one-time ticket that this end was given. Of the store: empty. */
  ticket: string
}

/** One that was dialled, before it is answered. */
export interface IncomingRelay {
  hello: RelayHello
  /** Whether who dialled has this key, and said all that on this very connection. */
  isSignedBy(publicKey: string): boolean
  /** Bytes flow from here on: the socket is the caller's. */
  accept(): Socket
  /** The peer is told why, and hung up on. */
  refuse(error: PlatformError): void
}

const MAX_WORD_LENGTH = 128
const MAX_PROOF_LENGTH = 200
/** A refusal that the peer does not take is not waited for. */
const LINGER_MS = 1_000

/** Signed by who dials; `channel` (channelBinding) makes it worth nothing on any other connection. */
export function relayTranscript({ machine, purpose, ticket }: RelayHello, channel: string): string {
  return `openzimki relay\n${canonicalJson({ machine, purpose, ticket, channel })}`
}

/**
 * Takes what the peer says first. `channel` must come from TLS: without, a signature could be used again. Errors: PROTOCOL, TIMEOUT,
 * UNAVAILABLE; the socket is destroyed then.
 */
export async function readRelay(socket: Socket, channel: string, timeoutMs: number): Promise<IncomingRelay> {
  socket.on('error', () => socket.destroy())
  let said: Record<string, unknown>
  try {
    said = checked(await readRelayFrame(socket, timeoutMs))
  } catch (thrown) {
    socket.destroy()
    throw thrown
  }
  const { machine, purpose, ticket, proof } = said as unknown as RelayHello & { proof: string }
  const hello = { machine, purpose, ticket }
  return {
    hello,
    isSignedBy: (publicKey) =>
      channel !== '' && isSignedBy(publicKey, relayTranscript(hello, channel), proof),
    accept: () => {
      writeRelayFrame(socket, { accepted: true })
      return socket
    },
    refuse: (error) => {
      writeRelayFrame(socket, { accepted: false, error: error.toJSON() })
      socket.end()
      const timer = setTimeout(() => socket.destroy(), LINGER_MS)
      socket.once('close', () => clearTimeout(timer))
      // What it says meanwhile is not kept.
      socket.resume()
    },
  }
}

function checked(said: unknown): Record<string, unknown> {
  const fields = (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>
  const { machine, purpose, ticket, proof } = fields
  const isWord = (value: unknown, most: number): boolean => typeof value === 'string' && value.length <= most
  if (
    isWord(machine, MAX_WORD_LENGTH) &&
    isWord(ticket, MAX_WORD_LENGTH) &&
    isWord(proof, MAX_PROOF_LENGTH)
  ) {
    if (purpose === 'cell' || purpose === 'store') return fields
  }
  throw new PlatformError('PROTOCOL', 'the other end of the relay does not say what it wants')
}
