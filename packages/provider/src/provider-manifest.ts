export interface ProviderManifest {
  /** The border between two machines, and between a machine and its host. */
  isolation: 'process' | 'container' | 'vm'
  /** What is done beyond that border on this very host, found out, not assumed. */
  hardening: readonly Hardening[]
  /** `logs` works; otherwise it throws UNSUPPORTED. */
  logs: boolean
  /** `stop` lets the agent end in order; otherwise it ends by force at once. */
  gracefulStop: boolean
  /** `watch` works; otherwise, and where this is left out, it throws UNSUPPORTED, and machines are looked at again and again. */
  watch?: boolean
  /** The machine goes on when the platform's process ends, until its agent gives up. */
  outlivesPlatform: boolean
  /** Bytes of all names and values of `env` together. */
  maxEnvBytes: number
  /** Machines have the platform's sockets (AdapterSettings) at the same paths. Otherwise, or left out, they dial in over TLS. */
  sharesSockets?: boolean
  /** Machines are started again by the infrastructure itself, with the environment of their launch; `incarnation` tells the starts apart. */
  restartsMachines?: boolean
  /** `MachineSpec.prepared` and `start` work; otherwise, and where this is left out, they throw UNSUPPORTED. */
  preparesMachines?: boolean
}

/**
 * `no-new-privileges`: nothing inside can gain rights. `no-capabilities`: root in it is root in name only. `dies-with-parent`: the
 * kernel ends what is left behind.
 */
export type Hardening =
  | 'process-group'
  | 'unprivileged-user'
  | 'no-new-privileges'
  | 'no-capabilities'
  | 'dies-with-parent'
  | 'memory-limit'
  | 'read-only-files'
  | 'private-network'
