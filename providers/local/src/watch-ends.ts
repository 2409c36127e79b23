import { watch as watchFolder } from 'node:fs'
import { mkdir } from 'node:fs/promises'

export interface EndsInputs {
  /** Folder of this owner's machines. */
  machinesDir: string
  /** Ids of those that run, and whether the system itself tells this process of their ends, as it does of its own children. */
  running(): Promise<Map<string, { isChild: boolean }>>
  /** Called back when a child has ended; returns what ends that. */
  onChildEnd(listener: () => void): () => void
}

/** The system tells of the end of a process to its parent alone; those of a platform before this one are looked at. */
const LOOK_MS = 500

/** Nothing is to be seen that nobody told of; but a folder on a network tells of nothing. */
const LOOK_SELDOM_MS = 10_000

/** Ids of machines that ended; see the contract's `watch`. */
export async function* watchEnds(inputs: EndsInputs, signal: AbortSignal): AsyncGenerator<string | null> {
  const { machinesDir, running, onChildEnd } = inputs
  await mkdir(machinesDir, { recursive: true, mode: 0o700 })
  const bell = new Bell()
  const ring = () => bell.ring()
  const stopListening = onChildEnd(ring)
  // Machines that another process launches or removes.
  const folder = watchFolder(machinesDir, ring).on('error', ring)
  signal.addEventListener('abort', ring, { once: true })
  try {
    let before = await running()
    yield null
    while (!signal.aborted) {
      const isToldOfAll = [...before.values()].every(({ isChild }) => isChild)
      await bell.wait(isToldOfAll ? LOOK_SELDOM_MS : LOOK_MS)
      if (signal.aborted) return
      const now = await running()
      for (const id of before.keys()) if (!now.has(id)) yield id
      before = now
    }
  } finally {
    signal.removeEventListener('abort', ring)
    stopListening()
    folder.close()
  }
}

/** Whoever rings while nobody waits is heard by the next who does. */
class Bell {
  #isRung = false
  #hear: (() => void) | null = null

  ring(): void {
    this.#isRung = true
    this.#hear?.()
  }

  async wait(ms: number): Promise<void> {
    if (!this.#isRung) {
      const timer = setTimeout(() => this.#hear?.(), ms).unref()
      await new Promise<void>((resolve) => {
        this.#hear = resolve
      })
      clearTimeout(timer)
      this.#hear = null
    }
    this.#isRung = false
  }
}
