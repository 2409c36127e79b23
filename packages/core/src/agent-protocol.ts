import { canonicalJson } from './canonical-json.ts'
import type { CellLoad, IsolateLoad, IsolateReport, LogEntry } from './cell-protocol.ts'
import type { UsageWindow } from './usage.ts'

/**
 * Version of the calls below; an agent and its control may be one apart. 1: all but `log.ship`. 2: logs in numbered batches. 3: `relay.dial`.
 * Whoever changes a call raises both; what is only added, and may be missing, raises nothing.
 */
export const AGENT_PROTOCOL = { current: 3, oldest: 2 } as const

/** Calls over the link between control and agent (link/src/rpc.ts): method to [params, result]. */
export interface AgentCalls {
  /**
   * Puts a deployment into the cell of its cordon, starting or taking a spare cell where there is none. Idempotent by
   * (cordon, realm, deployment). Errors: SCRIPT_ERROR with `details` { file, line, column }, QUARANTINED, NO_CAPACITY, TIMEOUT.
   */
  'cell.load': [{ cordon: string; load: CellLoad }, { cell: string; address: string; ms: number }]
  /** No error when it is not there. */
  'cell.unload': [{ cordon: string; realm: string; deployment: string }, null]
  'cell.renew': [{ cordon: string; realm: string; deployment: string; capability: string }, null]
  'cell.list': [null, CellStatus[]]
  /**
   * To an agent that joined from another host: dial in (RELAY_PROTOCOL of the link) with this ticket, and join what comes to this cell. It
   * resolves when that is so. NOT_FOUND: it has no such cell.
   */
  'relay.dial': [{ cell: string; ticket: string }, null]
  /** Ends all cells in order and ships their meters. */
  'agent.drain': [null, null]
}

export interface CellStatus {
  cell: string
  /** Null: a spare. */
  cordon: string | null
  address: string
  pid: number
  rssBytes: number
  /** Cores that its process keeps busy, seen from outside; left out: not known. */
  cpus?: number
  isolates: IsolateStatus[]
}

export interface IsolateStatus extends Omit<IsolateReport, 'sums'> {
  /** Left out: not known. */
  load?: IsolateLoad
}

/** Calls from the agent to control. The first on a link is `agent.hello`, the second `agent.join`; nothing else is answered before. */
export interface ControlCalls {
  /** Each side says what it speaks and who it is, and control proves that. UNSUPPORTED says which side is to be upgraded. */
  'agent.hello': [AgentHello, ControlHello]
  /** UNAUTHENTICATED: this agent is not the one of the machine, and never will be. */
  'agent.join': [
    {
      machine: string
      /** Works once, with one key; empty from the first success on. */
      joinToken: string
      /** The agent's signature of the transcript (agentTranscript), base64url. */
      proof: string
      version: string
      cpus: number
      memoryBytes: number
      jsopNs: number
    },
    { accepted: true },
  ]
  /** At least once; the answer says it is safe on disk, so the cell may forget it. */
  'usage.report': [UsageWindow, null]
  /** As often as need be: batches of a source are numbered 1, 2, 3 ... and come in order; a number that was taken is not taken again. */
  'log.ship': [LogBatch, null]
  /** A cell is gone: its deployments must be loaded again where there is demand. */
  /**
   * The infrastructure announced that this machine will end, or may: it is to be replaced and emptied. May be told again; control
   * that does not know the call says UNSUPPORTED or PROTOCOL, which is no harm.
   */
  'machine.notice': [MachineNotice, null]
  /** A spare cell is ready: whoever sends requests into cells may open a link ahead. Control that does not know the call is no harm. */
  'cell.spare': [{ cell: string; address: string }, null]
  'cell.gone': [{ cell: string; cordon: string | null; reason: string; offenders: Offender[] }, null]
}

/** What the infrastructure says of a machine's future. */
export interface MachineNotice {
  /** `ends`: it will. `endangered`: it is likelier than others to end. */
  kind: 'ends' | 'endangered'
  /** Milliseconds since 1970; null: not said. */
  atMs: number | null
  /** In the infrastructure's own words, for the operator. */
  reason: string
}

export interface AgentHello {
  machine: string
  /** The newest it speaks. */
  protocol: number
  /** The agent's own key: base64url of Ed25519 in DER form (SPKI). */
  publicKey: string
  /** 32 bytes that were never used before, base64url. */
  nonce: string
}

export interface ControlHello {
  /** What both speak from now on. */
  protocol: number
  publicKey: string
  nonce: string
  /** Control's signature of the transcript, base64url. */
  proof: string
}

export interface LogBatch {
  /** UUID of one run of an agent. */
  source: string
  sequence: number
  entries: LogEntry[]
}

/**
 * What the speaker signs to prove its key on this very connection: both keys, both nonces, and `channel`, which both ends draw from
 * TLS (empty on a Unix socket or the loopback).
 */
export function agentTranscript(
  speaker: 'agent' | 'control',
  hello: AgentHello,
  { protocol: agreed, publicKey: controlKey, nonce: controlNonce }: Omit<ControlHello, 'proof'>,
  channel: string,
): string {
  const { machine, protocol, publicKey, nonce } = hello
  const parts = {
    agent: { machine, protocol, publicKey, nonce },
    control: { protocol: agreed, publicKey: controlKey, nonce: controlNonce },
    channel,
  }
  return `openzimki agent link, ${speaker}\n${canonicalJson(parts)}`
}

/** A deployment that did not obey; enough of these and it is refused (quarantine). */
export interface Offender {
  realm: string
  deployment: string
  /** What it did, for its owner. */
  reason: string
  /** True: it is refused from now on. */
  refused: boolean
}
