/** Something that answers hello on loopback. */
export interface Target {
  name: string
  /** Starts it and resolves when it answers. */
  start(): Promise<RunningTarget>
}

export interface RunningTarget {
  url: string
  /** `host` header, where a realm answers by its name. */
  host?: string
  pid: number
  stop(): Promise<void>
}
