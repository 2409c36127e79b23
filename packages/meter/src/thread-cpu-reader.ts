import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'

/** Where threads show themselves, and what the process burned. Given as an argument so that tests own them. */
export interface ThreadCpuOptions {
  /** Default `/proc/self/task`. */
  taskDirectory?: string
  /** CPU microseconds of the whole process, ended threads included. Default process.cpuUsage, both fields together. */
  processCpuUs?: () => number
  /**
   * Whether a thread that appeared after the reader was made may run isolates, by the kernel's name for it. Default: it
   * has the main thread's name, because isolated-vm does not name its threads and a new thread inherits its maker's;
   * Node names all of its own (libuv-worker, node-V8Worker, ...).
   */
  runsIsolates?: (threadName: string) => boolean
}

/**
 * Tells how much CPU the threads that run isolates burned, all together. Reads Linux's /proc: the CPU of the process,
 * which keeps what ended threads burned, less that of the threads that never run isolates (main thread, libuv and V8
 * workers, whatever was there before). Make it before the first isolate.
 *
 * The kernel brings a running thread's figure up to date at its timer tick, so one reading may be some milliseconds
 * behind; what it misses is in the next one, nothing is lost.
 */
export class ThreadCpuReader {
  readonly #directory: string
  readonly #processCpuUs: () => number
  readonly #runsIsolates: (threadName: string) => boolean
  /** Threads that never run isolates: open `schedstat` and last figure. */
  readonly #others = new Map<string, { file: number; cpuNs: number }>()
  readonly #isolateThreads = new Set<string>()
  readonly #buffer = Buffer.alloc(128)
  #endedOthersNs = 0
  #reportedNs = 0

  private constructor(directory: string, options: ThreadCpuOptions) {
    const mainName = readName(directory, String(process.pid))
    this.#directory = directory
    this.#processCpuUs = options.processCpuUs ?? processCpuUs
    this.#runsIsolates = options.runsIsolates ?? ((name) => name === mainName)
    for (const thread of readdirSync(directory)) this.#keepOther(thread)
    this.#reportedNs = this.#isolateCpuNs()
  }

  /** Null where the system does not tell (anything but Linux, or no /proc): take the attribution's ratio as 1 then. */
  static open(options: ThreadCpuOptions = {}): ThreadCpuReader | null {
    const directory = options.taskDirectory ?? '/proc/self/task'
    if (process.platform !== 'linux') return null
    try {
      readFileSync(`${directory}/${process.pid}/schedstat`)
    } catch (error) {
      // A kernel without CONFIG_SCHED_INFO, or a sandbox without /proc: known, and said so by the null.
      if (isMissing(error)) return null
      throw error
    }
    return new ThreadCpuReader(directory, options)
  }

  /** CPU nanoseconds of all isolate threads since the last call (or since open). Never negative; the parts sum to the whole. */
  readDeltaNs(): number {
    this.#refresh()
    const deltaNs = this.#isolateCpuNs() - this.#reportedNs
    if (deltaNs <= 0) return 0
    this.#reportedNs += deltaNs
    return deltaNs
  }

  /** Threads known now, for people who look into a cell. */
  get threads(): { isolates: number; others: number } {
    return { isolates: this.#isolateThreads.size, others: this.#others.size }
  }

  close(): void {
    for (const { file } of this.#others.values()) closeSync(file)
    this.#others.clear()
  }

  #isolateCpuNs(): number {
    // The process first: asking for it brings the calling thread's own figure up to date.
    const processNs = Math.round(this.#processCpuUs() * 1000)
    let othersNs = this.#endedOthersNs
    for (const [thread, other] of this.#others) {
      const cpuNs = this.#readCpuNs(other.file)
      if (cpuNs === null) this.#forget(thread, other)
      else other.cpuNs = cpuNs
      othersNs += other.cpuNs
    }
    return processNs - othersNs
  }

  #refresh(): void {
    const present = readdirSync(this.#directory)
    for (const thread of present) {
      if (this.#others.has(thread) || this.#isolateThreads.has(thread)) continue
      const name = readName(this.#directory, thread)
      if (name === null) continue
      if (this.#runsIsolates(name)) this.#isolateThreads.add(thread)
      else this.#keepOther(thread)
    }
    if (present.length === this.#others.size + this.#isolateThreads.size) return
    // The kernel may give an ended thread's number to a new one of another kind.
    const alive = new Set(present)
    for (const thread of this.#isolateThreads) if (!alive.has(thread)) this.#isolateThreads.delete(thread)
  }

  #keepOther(thread: string): void {
    try {
      this.#others.set(thread, { file: openSync(`${this.#directory}/${thread}/schedstat`, 'r'), cpuNs: 0 })
    } catch (error) {
      // It ended between the listing and this line.
      if (!isMissing(error)) throw error
    }
  }

  #forget(thread: string, other: { file: number; cpuNs: number }): void {
    this.#endedOthersNs += other.cpuNs
    closeSync(other.file)
    this.#others.delete(thread)
  }

  /** The first number of `schedstat`: nanoseconds on a processor. Null: the thread is gone. */
  #readCpuNs(file: number): number | null {
    try {
      const length = readSync(file, this.#buffer, 0, this.#buffer.length, 0)
      return length > 0 ? Number.parseInt(this.#buffer.toString('latin1', 0, length), 10) : null
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }
}

function processCpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function readName(directory: string, thread: string): string | null {
  try {
    return readFileSync(`${directory}/${thread}/comm`, 'latin1').trimEnd()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** ESRCH is what /proc says of an open file whose thread has ended. */
function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ESRCH' || code === 'ENOTDIR' || code === 'EACCES'
}
