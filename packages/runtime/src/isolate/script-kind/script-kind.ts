import type { IsolateDoor } from '../door.ts'
import { type Answer, toAnswer } from './answer.ts'
import { AnswerError } from './answer-error.ts'
import { runGlobal } from './library.ts'
import { hide, Persist } from './persist.ts'
import { type Match, Publisher } from './publish.ts'
import { CurrentRequest, type RequestState } from './request-state.ts'
import { ServiceRegistry } from './service.ts'
import { UnitTest } from './unit-test.ts'
import { Users } from './users.ts'
import { createZimki } from './zimki.ts'

interface StartConfig {
  classes?: string[]
  env: Record<string, string>
}

interface RunParams {
  state: RequestState
  /** Made in other isolates or cells since this one was entered last. */
  classes?: string[]
  code?: string
  tests?: { name: string; source: string }[]
}

/** A realm of the script kind, inside its isolate: what happens at each event of the host. */
export class ScriptKind {
  readonly #door: IsolateDoor
  readonly #global: object
  readonly #publisher = new Publisher(new ServiceRegistry((error) => this.#logThrown(error)))
  readonly #request = new CurrentRequest()
  readonly #persist: Persist

  constructor(door: IsolateDoor, global: object) {
    this.#door = door
    this.#global = global
    this.#persist = new Persist(door, global)
  }

  readonly enter = (event: string, request: number, payload: string): void => {
    if (event === 'start') {
      this.#start(JSON.parse(payload))
      return
    }
    try {
      this.#answer(request, this.#run(event, JSON.parse(payload)))
    } catch (error) {
      this.#fail(request, error)
    } finally {
      this.#request.end()
    }
  }

  #start({ classes = [], env }: StartConfig): void {
    const persist = this.#persist
    const users = new Users(this.#door)
    for (const name of classes) persist.define(name)
    const parts = {
      door: this.#door,
      request: this.#request,
      publisher: this.#publisher,
      persist,
      users,
      env,
    }
    hide(this.#global, 'zimki', createZimki(parts))
    hide(this.#global, 'zimki_user', users.userClass)
    hide(this.#global, 'zimki_group', users.groupClass)
  }

  #run(event: string, params: RunParams): Named {
    for (const name of params.classes ?? []) this.#persist.discover(name)
    this.#request.begin(params.state)
    if (event === 'http') return this.#http(params.state)
    if (event === 'eval') return { name: '(shell)', answer: json(evaluate(params.code ?? '')) }
    return { name: '(unit tests)', answer: json((params.tests ?? []).map((test) => this.#test(test))) }
  }

  #http(state: RequestState): Named {
    if (state.path === 'zimki' && typeof state.args.method === 'string') {
      const { body, mimetype } = this.#publisher.services.invoke(state.args)
      return { name: `service ${state.args.method}`, answer: toAnswer({ content: body, mimetype }) }
    }
    const match = this.#publisher.match(state.path, state.args)
    if (match) return { name: match.name, answer: answerOf(match) }
    return { name: '(not found)', answer: toAnswer({ status: 404, content: NOT_FOUND }) }
  }

  #test({ name, source }: { name: string; source: string }): object {
    const test = new UnitTest()
    for (const [key, value] of Object.entries(test.globals)) hide(this.#global, key, value)
    const { planned, assertions } = test
    try {
      runGlobal(source, `unittests/${name}`)
    } catch (error) {
      return { name, planned: test.planned, assertions, error: describe(error) }
    }
    return { name, planned: test.planned ?? planned, assertions, error: null }
  }

  /**
   * What a service threw, for its caller. A plain Error (`throw new Error("no such city")`) is meant for the caller; a
   * TypeError and its like are mistakes of the program, of which the log has the whole story.
   */
  #logThrown(error: unknown): { code: string; message: string } {
    const { message, stack } = describe(error)
    if (error instanceof Error && error.name === 'Error') return { code: 'perl.methodcall', message }
    const text = stack.includes(message) ? stack : `${message}\n${stack}`
    this.#door.post('log', JSON.stringify({ level: 'error', text }))
    return { code: 'perl.methodcall', message: 'the service failed; its owner finds the reason in the log' }
  }

  #answer(request: number, { name, answer }: Named): void {
    const { status, headers, encoding, body } = answer
    this.#door.post('respond', JSON.stringify({ request, status, headers, encoding, function: name }), body)
  }

  #fail(request: number, error: unknown): void {
    const { message, stack } = describe(error)
    this.#door.post('respond.fail', JSON.stringify({ request, message, stack }))
  }
}

interface Named {
  name: string
  answer: Answer
}

const NOT_FOUND =
  '<!DOCTYPE html><title>Not found</title><h1>Not found</h1><p>This realm publishes nothing at this address.</p>'

/** The path says whose answer it was, where no stack does. */
function answerOf({ name, run }: Match): Answer {
  const result = run()
  try {
    return toAnswer(result)
  } catch (error) {
    throw error instanceof AnswerError ? new AnswerError(`${name}: ${error.message}`) : error
  }
}

function json(value: unknown): Answer {
  return toAnswer({ content: JSON.stringify(value), mimetype: 'application/json' })
}

/** A shell line: its value as text, or what it threw. */
function evaluate(code: string): object {
  try {
    return { value: show(runGlobal(code, 'shell')), error: null }
  } catch (error) {
    return { value: null, error: describe(error) }
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function' || typeof value !== 'object' || value === null) return String(value)
  try {
    return JSON.stringify(value, null, 2) ?? String(value)
  } catch (error) {
    return `${Object.prototype.toString.call(value)} (${String(error)})`
  }
}

/** What was thrown may be anything at all, with getters that throw again. */
export function describe(error: unknown): { message: string; stack: string } {
  try {
    if (error !== null && typeof error === 'object' && 'message' in error) {
      const { name, message, stack } = error as { name?: unknown; message?: unknown; stack?: unknown }
      const text = name && name !== 'Error' ? `${String(name)}: ${String(message)}` : String(message)
      return { message: text, stack: String(stack ?? '') }
    }
    return { message: String(error), stack: '' }
  } catch {
    return { message: 'an error that cannot be shown', stack: '' }
  }
}
