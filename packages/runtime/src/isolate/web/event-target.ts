import { DOMException } from './dom-exception.ts'
import { dispatchingOf, Event } from './event.ts'
import { reportException } from './report-exception.ts'
import { isObject, requireArguments } from './webidl.ts'

type Callback = ((event: Event) => unknown) | { handleEvent(event: Event): unknown }

interface Listener {
  type: string
  callback: Callback
  capture: boolean
  once: boolean
  passive: boolean
  removed: boolean
}

/** What ends a subscription; AbortSignal gives it. Declared here so that this file need not import it. */
interface Ending {
  aborted: boolean
  addEventListener(type: 'abort', callback: () => void): void
}

/** https://dom.spec.whatwg.org/#interface-eventtarget without a tree. */
export class EventTarget {
  #listeners: Listener[] = []

  addEventListener(type: string, callback: Callback | null, options?: unknown): void {
    requireArguments(arguments.length, 2, 'addEventListener')
    const wanted = listenerOptions(options)
    const name = `${type}`
    if (callback === null || callback === undefined || wanted.signal?.aborted) return
    if (!isObject(callback))
      throw new TypeError('addEventListener: the listener must be a function or an object')
    if (this.#find(name, callback, wanted.capture)) return
    const { capture, once, passive } = wanted
    this.#listeners.push({ type: name, callback, capture, once, passive, removed: false })
    wanted.signal?.addEventListener('abort', () => this.removeEventListener(name, callback, capture))
  }

  removeEventListener(type: string, callback: Callback | null, options?: unknown): void {
    requireArguments(arguments.length, 2, 'removeEventListener')
    const capture =
      typeof options === 'boolean' ? options : Boolean((options as { capture?: unknown })?.capture)
    const listener = callback && this.#find(`${type}`, callback, capture)
    if (listener) this.#remove(listener)
  }

  dispatchEvent(event: Event): boolean {
    if (!(event instanceof Event)) throw new TypeError('dispatchEvent: the argument must be an Event')
    const state = dispatchingOf(event)
    if (state.active) throw new DOMException('The event is already being dispatched', 'InvalidStateError')
    state.active = true
    state.target = this
    state.currentTarget = this
    state.phase = 2
    for (const listener of this.#listeners.filter((each) => each.type === event.type)) {
      if (state.stoppedAtOnce) break
      if (!listener.removed) this.#invoke(listener, event)
    }
    state.active = false
    state.currentTarget = null
    state.phase = 0
    state.stopped = false
    state.stoppedAtOnce = false
    return !state.canceled
  }

  #invoke(listener: Listener, event: Event): void {
    if (listener.once) this.#remove(listener)
    const state = dispatchingOf(event)
    state.passive = listener.passive
    try {
      if (typeof listener.callback === 'function') listener.callback.call(this, event)
      else listener.callback.handleEvent(event)
    } catch (error) {
      reportException(error)
    }
    state.passive = false
  }

  #find(type: string, callback: Callback, capture: boolean): Listener | undefined {
    return this.#listeners.find((l) => l.type === type && l.callback === callback && l.capture === capture)
  }

  #remove(listener: Listener): void {
    listener.removed = true
    this.#listeners = this.#listeners.filter((each) => each !== listener)
  }
}

function listenerOptions(
  options: unknown,
): Omit<Listener, 'type' | 'callback' | 'removed'> & { signal?: Ending } {
  if (!isObject(options)) return { capture: Boolean(options), once: false, passive: false }
  const given = options as { capture?: unknown; once?: unknown; passive?: unknown; signal?: Ending }
  return {
    capture: Boolean(given.capture),
    once: Boolean(given.once),
    passive: Boolean(given.passive),
    signal: given.signal,
  }
}
