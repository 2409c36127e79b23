import { DEFAULT, readMember } from './value.ts'

/** What `repeat/name` is. Flags are 1 and 0. */
export interface RepeatState {
  index: number
  number: number
  even: 0 | 1
  odd: 0 | 1
  start: 0 | 1
  end: 0 | 1
  length: number
}

/** What one run shares among its scopes. */
export interface Run {
  data: unknown
  globals: Map<string, unknown>
  evaluateJavaScript: (expression: string, scope: object) => unknown
}

/** The names an expression sees: local ones from the inside out, global ones, the data, then those of the language. */
export class Scope {
  readonly run: Run
  readonly #parent: Scope | null
  readonly #locals = new Map<string, unknown>()
  readonly #repeats = new Map<string, RepeatState>()

  constructor(run: Run, parent: Scope | null = null) {
    this.run = run
    this.#parent = parent
  }

  inner(): Scope {
    return new Scope(this.run, this)
  }

  setLocal(name: string, value: unknown): void {
    this.#locals.set(name, value)
  }

  setRepeat(name: string, item: unknown, state: RepeatState): void {
    this.#locals.set(name, item)
    this.#repeats.set(name, state)
  }

  /** The value of a name, a function called; `undefined` where there is none. */
  get(name: string): unknown {
    return this.#lookUp(name, (data) => readMember(data, name))
  }

  /** The scope as an object for `with`; what is assigned to it becomes local. */
  toObject(): object {
    return new Proxy(Object.create(null), {
      has: (_target, name) => typeof name === 'string' && this.#has(name),
      get: (_target, name) => (typeof name === 'string' ? this.#lookUp(name, rawMember(name)) : undefined),
      set: (_target, name, value) => {
        if (typeof name === 'string') this.setLocal(name, value)
        return true
      },
    })
  }

  #lookUp(name: string, fromData: (data: unknown) => unknown): unknown {
    for (let scope: Scope | null = this; scope; scope = scope.#parent)
      if (scope.#locals.has(name)) return scope.#locals.get(name)
    if (this.run.globals.has(name)) return this.run.globals.get(name)
    const repeats = name === 'repeat' ? this.#allRepeats() : null
    if (repeats && Object.keys(repeats).length > 0) return repeats
    const found = fromData(this.run.data)
    return found === undefined ? this.#builtin(name) : found
  }

  #has(name: string): boolean {
    const { data } = this.run
    if (data !== null && data !== undefined && name in Object(data)) return true
    return this.#lookUp(name, () => undefined) !== undefined
  }

  #builtin(name: string): unknown {
    switch (name) {
      case 'nothing':
        return null
      case 'default':
        return DEFAULT
      case 'repeat':
        return this.#allRepeats()
      case 'CONTEXTS':
        return { nothing: null, default: DEFAULT, repeat: this.#allRepeats(), options: this.run.data }
      default:
        return undefined
    }
  }

  #allRepeats(): Record<string, RepeatState> {
    const all: Record<string, RepeatState> = Object.create(null)
    for (let scope: Scope | null = this; scope; scope = scope.#parent)
      for (const [name, state] of scope.#repeats) all[name] ??= state
    return all
  }
}

/** For JavaScript: the property itself, functions uncalled. */
const rawMember = (name: string) => (data: unknown) =>
  data === null || data === undefined ? undefined : (Object(data) as Record<string, unknown>)[name]
