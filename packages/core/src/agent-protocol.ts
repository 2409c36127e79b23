import type { CellLoad, IsolateReport, LogEntry } from './cell-protocol.ts'
import type { UsageWindow } from './usage.ts'

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
  isolates: IsolateReport[]
}

/** Calls from the agent to control. The first call on a link is `agent.join`. */
export interface ControlCalls {
  'agent.join': [
    {
      machine: string
      joinToken: string
      version: string
      cpus: number
      memoryBytes: number
      jsopNs: number
    },
    { accepted: true },
  ]
  /** At least once; the answer says it is safe on disk, so the cell may forget it. */
  'usage.report': [UsageWindow, null]
  'log.append': [LogEntry[], null]
  /** A cell is gone: its deployments must be loaded again where there is demand. */
  'cell.gone': [{ cell: string; cordon: string | null; reason: string; offenders: Offender[] }, null]
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
