import { randomBytes } from 'node:crypto'
import {
  AGENT_PROTOCOL,
  type AgentHello,
  agentTranscript,
  type ControlHello,
  PlatformError,
} from '@openzimki/core'
import { type Identity, isPublicKey, isSignedBy } from '@openzimki/link'
import { z } from 'zod'

const NONCE_BYTES = 32

export const helloParams = z.object({
  machine: z.string().min(1).max(63),
  protocol: z.number().int().min(0).max(1_000_000),
  publicKey: z.string().max(200).refine(isPublicKey, 'must be an Ed25519 key in DER form, base64url'),
  nonce: z.string().regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url'),
})

/** One link's way from a stranger to an agent whose key is proved. */
export class AgentHandshake {
  readonly #identity: Identity
  readonly #channel: string
  #said: { hello: AgentHello; answer: Omit<ControlHello, 'proof'> } | null = null

  constructor(identity: Identity, channel: string) {
    this.#identity = identity
    this.#channel = channel
  }

  /** UNSUPPORTED: too far apart. CONFLICT: it was said already. */
  hello(hello: AgentHello): ControlHello {
    if (this.#said) throw new PlatformError('CONFLICT', 'this link has said hello already')
    const protocol = negotiated(hello.protocol)
    const nonce = randomBytes(NONCE_BYTES).toString('base64url')
    const answer = { protocol, publicKey: this.#identity.publicKey, nonce }
    this.#said = { hello, answer }
    return { ...answer, proof: this.#identity.sign(agentTranscript('control', hello, answer, this.#channel)) }
  }

  /** The key that the peer has proved, and for which machine and protocol; null when it has not. PERMISSION_DENIED: no hello. */
  proved(machine: string, proof: string): { publicKey: string; protocol: number } | null {
    if (!this.#said) throw new PlatformError('PERMISSION_DENIED', 'an agent must say hello first')
    const { hello, answer } = this.#said
    if (hello.machine !== machine) return null
    const text = agentTranscript('agent', hello, answer, this.#channel)
    if (!isSignedBy(hello.publicKey, text, proof)) return null
    return { publicKey: hello.publicKey, protocol: answer.protocol }
  }
}

/** What both speak. UNSUPPORTED says which side is behind. */
function negotiated(agent: number): number {
  const { current, oldest } = AGENT_PROTOCOL
  if (agent >= oldest && agent <= current + 1) return Math.min(agent, current)
  const said = `the agent speaks version ${agent} of the agent protocol, control versions ${oldest} to ${current}`
  const what =
    agent < oldest
      ? 'the agent is too old: upgrade it, by replacing its machine'
      : 'control is too old: upgrade it first, machines after it'
  throw new PlatformError('UNSUPPORTED', `${said}; ${what}`)
}
