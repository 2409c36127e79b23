import type { Artifact, CellLoad, LogEntry } from '@openzimki/core'
import type { BlobStore, ObjectStore } from '@openzimki/store/client'
import type { RunningRequest } from '../cell/running-request.ts'
import type { DoorBytes } from '../cell/to-bytes.ts'
import type { Egress } from './egress-port.ts'
import type { RealmChanges } from './realm-changes.ts'
import type { RealmFiles } from './realm-files.ts'

/** What the bindings of a realm work with. Nothing here reaches beyond the realm. */
export interface RealmServices {
  readonly load: CellLoad
  /** Read from the store while an isolate starts; what programs have created in `files` is there by then too. */
  readonly artifact: Promise<Artifact>
  readonly objects: ObjectStore
  readonly blobs: BlobStore
  readonly files: RealmFiles
  readonly changes: RealmChanges
  readonly egress: Egress
  readonly log: (entry: Omit<LogEntry, 'realm' | 'deployment' | 'timeMs'>) => void
}

/** What an isolate does for no request: while its deployment starts, and after the request that it worked for. */
export interface Unasked {
  /** Outbound calls so far; limited like those of one request. */
  remoteCalls: number
  /** Charges bytes of outbound calls to the realm. */
  chargeEgress(bytes: number): void
}

/** One call through the door. `params` comes from the program and is believed in nothing. */
export interface OperationCall {
  realm: RealmServices
  /** Null while the deployment starts. */
  request: RunningRequest | null
  unasked: Unasked
  params: Record<string, unknown>
  bytes: DoorBytes
}

/** Answers a call with a JSON value, or with bytes beside it. */
export type Operation = (call: OperationCall) => unknown | Promise<unknown>

/** An operation's way to answer bytes beside its value. */
export class WithBytes {
  readonly value: unknown
  readonly bytes: ArrayBuffer

  constructor(value: unknown, bytes: Uint8Array) {
    this.value = value
    this.bytes = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }
}
