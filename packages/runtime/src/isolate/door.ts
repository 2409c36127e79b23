import type { DoorAnswer, HostDoor } from './host-door.ts'

/** What the host hands in at boot. None of it is ever reachable from the program. */
export interface RawDoor {
  /** Delivered in order on the host's side; nothing comes back. */
  post(
    call: number,
    request: number,
    operation: string,
    payload: string,
    bytes: ArrayBuffer | string | undefined,
  ): void
  /** isolated-vm Reference: the isolate's thread waits for the answer. */
  sync: { applySyncPromise(receiver: undefined, args: unknown[]): unknown }
  /** isolated-vm `lib`: monotonic [seconds, nanoseconds]. */
  hrtime(): [number, number]
}

/** A response that has not left yet; `+done` when nothing of its request runs any more. */
export interface HeldAnswer {
  operation: 'answer' | 'answer+done' | 'respond' | 'respond+done'
  payload: string
  bytes: ArrayBuffer | string | undefined
}

/** Posts that may wait unread on the host's side before the isolate has to stop for it. */
const MAX_POSTS_AHEAD = 256
const MAX_BYTES_AHEAD = 1024 * 1024

const { parse, stringify } = JSON
// Taken before any program runs, so that none can replace them.
const { apply } = Reflect
const { then } = Promise.prototype
const resolved = Promise.resolve()

/** An Error of this isolate with the code of the PlatformError as its name. */
export function platformError(answer: string): Error {
  const { code, message } = parse(answer) as { code: string; message: string }
  const error = new Error(message)
  Object.defineProperty(error, 'name', { value: code, configurable: true, writable: true })
  return error
}

/**
 * The isolate's side of the door. A program that posts in a loop is made to wait for the host, so it can never fill
 * the host's memory; and each call remembers the request it was made for, so that its answer is charged to it.
 */
export class IsolateDoor implements HostDoor {
  readonly #raw: RawDoor
  readonly #pending = new Map<number, { resolve(answer: DoorAnswer): void; reject(error: Error): void }>()
  #nextCall = 1
  /** An answer on its way out; it waits for the rest of this turn so that it leaves in one message. */
  #held: HeldAnswer | null = null
  #isEntering = false
  #postsAhead = 0
  #bytesAhead = 0
  /** The request on whose behalf the isolate runs now; 0 for none. */
  request = 0

  constructor(raw: RawDoor) {
    this.#raw = raw
  }

  call(operation: string, payload: string, bytes?: ArrayBuffer): Promise<DoorAnswer> {
    const call = this.#nextCall++
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve, reject })
      this.#send(call, operation, payload, bytes)
    })
  }

  callSync(operation: string, payload: string, bytes?: ArrayBuffer | string): DoorAnswer {
    const answer = this.#raw.sync.applySyncPromise(undefined, [this.request, operation, payload, bytes])
    if (typeof answer === 'string') {
      if (answer.charCodeAt(0) === 43 /* + */) return { payload: answer.slice(1), bytes: null }
      throw platformError(answer.slice(1))
    }
    const [text, data] = answer as [string, ArrayBuffer]
    return { payload: text, bytes: data }
  }

  post(operation: string, payload: string, bytes?: ArrayBuffer | string): void {
    if (operation === 'answer' || operation === 'respond') {
      this.#flushHeld()
      this.#held = { operation, payload, bytes }
      if (!this.#isEntering) apply(then, resolved, [() => this.#flushHeld()])
    } else if (operation === 'wait.done' && this.#held?.operation === 'answer') {
      this.#held.operation = 'answer+done'
    } else if (operation === 'wait.done' && this.#held?.operation === 'respond') {
      this.#held.operation = 'respond+done'
    } else this.#send(0, operation, payload, bytes)
  }

  /** Runs an entry. An answer that is whole when it returns goes back as its result, which is the quickest way out. */
  entry(request: number, run: () => void): HeldAnswer | null {
    this.request = request
    this.#isEntering = true
    try {
      run()
    } finally {
      this.#isEntering = false
    }
    const answer = this.#held
    this.#held = null
    return answer
  }

  /** The host's answer to a call: `+payload` or `-error`. */
  settle(call: number, answer: string, bytes: ArrayBuffer | undefined): void {
    const waiting = this.#pending.get(call)
    if (!waiting) return
    this.#pending.delete(call)
    if (answer.charCodeAt(0) === 43 /* + */)
      waiting.resolve({ payload: answer.slice(1), bytes: bytes ?? null })
    else waiting.reject(platformError(answer.slice(1)))
  }

  /** Nanoseconds on the host's monotonic clock, to tell slices of work apart. */
  stamp(): number {
    const time = this.#raw.hrtime()
    return time[0] * 1e9 + time[1]
  }

  #flushHeld(): void {
    const held = this.#held
    if (!held) return
    this.#held = null
    this.#send(0, held.operation, held.payload, held.bytes)
  }

  #send(call: number, operation: string, payload: string, bytes: ArrayBuffer | string | undefined): void {
    this.#flushHeld()
    this.#postsAhead++
    this.#bytesAhead +=
      payload.length + (bytes === undefined ? 0 : typeof bytes === 'string' ? bytes.length : bytes.byteLength)
    this.#raw.post(call, this.request, operation, payload, bytes)
    if (this.#postsAhead < MAX_POSTS_AHEAD && this.#bytesAhead < MAX_BYTES_AHEAD) return
    this.#postsAhead = 0
    this.#bytesAhead = 0
    this.#raw.sync.applySyncPromise(undefined, [this.request, 'flush', 'null', undefined])
  }
}

/** JSON in, JSON out. */
export function ask(door: HostDoor, operation: string, params: unknown): unknown {
  return parse(door.callSync(operation, stringify(params)).payload)
}
