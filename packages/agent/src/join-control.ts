import { randomBytes } from 'node:crypto'
import {
  AGENT_PROTOCOL,
  type AgentHello,
  agentTranscript,
  type ControlCalls,
  type ControlHello,
  PlatformError,
} from '@openzimki/core'
import { type Identity, isSignedBy, type Link, rpcClient } from '@openzimki/link'
import { z } from 'zod'

/** What the agent says of its machine. */
export type MachineFacts = Omit<ControlCalls['agent.join'][0], 'joinToken' | 'proof'>

export interface JoinOptions {
  link: Link
  /** Of this very connection; see channelBinding of the link. */
  channel: string
  identity: Identity
  /** Whom to join, and nobody else. */
  controlKey: string
  facts: MachineFacts
  joinToken: string
  timeoutMs: number
  /** It is control: it may be answered from now on. */
  onProved(): void
}

/** Said of whoever answers and is not the control of this agent: to be tried again, since the true one may be back by then. */
export const IMPOSTOR = 'impostor'

const NONCE_BYTES = 32

const controlHello = z.object({
  protocol: z.number().int().min(0),
  publicKey: z.string(),
  nonce: z.string().min(1).max(200),
  proof: z.string().max(200),
})

/**
 * Proves control to the agent, then the agent to control, and answers with the version that both speak. The token is told to nobody
 * who has not proved control's key first. Errors: those of `agent.hello` and `agent.join`; UNSUPPORTED: control is of a release too far
 * from this one; UNAUTHENTICATED with `details.reason` IMPOSTOR: somebody else answered.
 */
export async function joinControl(options: JoinOptions): Promise<number> {
  const { link, channel, identity, facts, joinToken, timeoutMs } = options
  const call = rpcClient<ControlCalls>(link)
  const hello: AgentHello = {
    machine: facts.machine,
    protocol: AGENT_PROTOCOL.current,
    publicKey: identity.publicKey,
    nonce: randomBytes(NONCE_BYTES).toString('base64url'),
  }
  const answer = proved(options, hello, await call('agent.hello', hello, { timeoutMs }))
  options.onProved()
  const proof = identity.sign(agentTranscript('agent', hello, answer, channel))
  await call('agent.join', { ...facts, joinToken, proof }, { timeoutMs })
  return answer.protocol
}

function proved({ controlKey, channel }: JoinOptions, hello: AgentHello, said: unknown): ControlHello {
  const parsed = controlHello.safeParse(said)
  if (!parsed.success) throw impostor('what answers there is no control')
  const answer = parsed.data
  if (answer.publicKey !== controlKey) throw impostor('what answers there has another key than our control')
  if (!isSignedBy(controlKey, agentTranscript('control', hello, answer, channel), answer.proof)) {
    throw impostor('what answers there shows the key of our control and does not have it')
  }
  const { current, oldest } = AGENT_PROTOCOL
  if (answer.protocol >= oldest && answer.protocol <= current) return answer
  throw new PlatformError(
    'UNSUPPORTED',
    `control speaks version ${answer.protocol} of the agent protocol, this agent versions ${oldest} to ${current}: ` +
      (answer.protocol < oldest ? 'upgrade control' : 'upgrade the agent, by replacing its machine'),
  )
}

const impostor = (message: string): PlatformError =>
  new PlatformError('UNAUTHENTICATED', message, { details: { reason: IMPOSTOR } })
