import { dateNow } from './primordials.ts'
import { requireArguments, toDictionary } from './webidl.ts'

/** What dispatching needs to see and change of an event. */
interface Dispatching {
  target: object | null
  currentTarget: object | null
  phase: 0 | 2
  active: boolean
  stopped: boolean
  stoppedAtOnce: boolean
  canceled: boolean
  passive: boolean
}

let dispatchingOf: (event: Event) => Dispatching

/** https://dom.spec.whatwg.org/#interface-event without a tree: events do not bubble here. */
export class Event {
  static readonly NONE = 0
  static readonly CAPTURING_PHASE = 1
  static readonly AT_TARGET = 2
  static readonly BUBBLING_PHASE = 3

  #type: string
  #bubbles: boolean
  #cancelable: boolean
  #composed: boolean
  #timeStamp = dateNow()
  #dispatching: Dispatching = {
    target: null,
    currentTarget: null,
    phase: 0,
    active: false,
    stopped: false,
    stoppedAtOnce: false,
    canceled: false,
    passive: false,
  }

  constructor(type: string, init?: { bubbles?: boolean; cancelable?: boolean; composed?: boolean }) {
    requireArguments(arguments.length, 1, 'Event')
    const options = toDictionary(init, 'Event: the second argument')
    this.#type = `${type}`
    this.#bubbles = Boolean(options.bubbles)
    this.#cancelable = Boolean(options.cancelable)
    this.#composed = Boolean(options.composed)
  }

  get type(): string {
    return this.#type
  }
  get target(): object | null {
    return this.#dispatching.target
  }
  get srcElement(): object | null {
    return this.#dispatching.target
  }
  get currentTarget(): object | null {
    return this.#dispatching.currentTarget
  }
  get eventPhase(): number {
    return this.#dispatching.phase
  }
  get bubbles(): boolean {
    return this.#bubbles
  }
  get cancelable(): boolean {
    return this.#cancelable
  }
  get composed(): boolean {
    return this.#composed
  }
  get defaultPrevented(): boolean {
    return this.#dispatching.canceled
  }
  get returnValue(): boolean {
    return !this.#dispatching.canceled
  }
  get cancelBubble(): boolean {
    return this.#dispatching.stopped
  }
  set cancelBubble(value: boolean) {
    if (value) this.#dispatching.stopped = true
  }
  get isTrusted(): boolean {
    return false
  }
  get timeStamp(): number {
    return this.#timeStamp
  }

  composedPath(): object[] {
    return this.#dispatching.currentTarget ? [this.#dispatching.currentTarget] : []
  }
  preventDefault(): void {
    if (this.#cancelable && !this.#dispatching.passive) this.#dispatching.canceled = true
  }
  stopPropagation(): void {
    this.#dispatching.stopped = true
  }
  stopImmediatePropagation(): void {
    this.#dispatching.stopped = true
    this.#dispatching.stoppedAtOnce = true
  }

  static {
    dispatchingOf = (event) => event.#dispatching
  }
}

/** https://dom.spec.whatwg.org/#interface-customevent */
export class CustomEvent extends Event {
  #detail: unknown

  constructor(type: string, init?: { bubbles?: boolean; cancelable?: boolean; detail?: unknown }) {
    super(type, init)
    this.#detail = init?.detail ?? null
  }

  get detail(): unknown {
    return this.#detail
  }
}

export { dispatchingOf }
