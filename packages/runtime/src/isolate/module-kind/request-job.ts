import type { HostDoor } from '../host-door.ts'
import { writeLog } from '../web/console.ts'
import { DOMException } from '../web/dom-exception.ts'
import { inspect } from '../web/inspect.ts'
import { jsonText, promiseResolve, promiseThen, TypeErrorClass } from '../web/primordials.ts'
import { abortIncoming, incomingRequest, type Request } from '../web/request.ts'
import { isResponse, partsOf, type Response } from '../web/response.ts'
import { belowEntry, type EntryPlace } from './below-entry.ts'
import { describeError } from './describe-error.ts'
import { ExecutionContext, settle } from './execution-context.ts'
import type { Handler } from './handler.ts'
import { requestBody } from './request-body.ts'
import { sendBody, sendWhole } from './send-response.ts'

/** What the host says of a request: RequestHead as it came, and how its body comes. */
export interface HttpEvent extends EntryPlace {
  method: string
  url: string
  headers: string[]
  body: 'none' | 'whole' | 'stream'
}

/** The platform's side of one request. The program gets its Request and context, never this: it alone can answer. */
export class RequestJob {
  readonly #door: HostDoor
  readonly #number: number
  readonly #method: string
  readonly #request: Request
  readonly #context: ExecutionContext
  #isAborted = false
  #stopSending: ((reason: unknown) => void) | null = null

  /** `onIdle`: nothing of this request runs any more. */
  constructor(
    door: HostDoor,
    number: number,
    event: HttpEvent,
    bytes: ArrayBuffer | undefined,
    onIdle: () => void,
  ) {
    this.#door = door
    this.#number = number
    this.#method = event.method
    this.#request = incomingRequest({
      method: event.method,
      ...belowEntry(event, event.url, event.headers),
      body: requestBody(door, number, event.body, bytes),
    })
    this.#context = new ExecutionContext(
      () => {
        door.post('wait.done', `{"request":${number}}`)
        onIdle()
      },
      (error) => writeLog(() => door, 'error', `ctx.waitUntil: ${inspect(error)}`),
    )
  }

  /** Runs the program's handler; answers at once where it does. */
  run(handler: Handler, env: object): void {
    try {
      const result = handler(this.#request, env, this.#context)
      if (isResponse(result)) this.#respond(result)
      else if (isThenable(result)) this.#await(result)
      else this.#fail(wrongResult(result))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The client is gone: the request's signal aborts, and a body that is being sent is given up. */
  abort(): void {
    if (this.#isAborted) return
    this.#isAborted = true
    const reason = new DOMException('The client closed the connection', 'AbortError')
    this.#stopSending?.(reason)
    abortIncoming(this.#request, reason)
  }

  #await(result: unknown): void {
    promiseThen(
      promiseResolve(result),
      (response: unknown) => {
        if (!isResponse(response)) return this.#fail(wrongResult(response))
        try {
          this.#respond(response)
        } catch (error) {
          this.#fail(error)
        }
      },
      (error) => this.#fail(error),
    )
  }

  #respond(response: Response): void {
    const { status, headers, body } = partsOf(response)
    if (status === 0) throw new TypeErrorClass('The handler returned Response.error(), which cannot be sent')
    const head = { request: this.#number, status, headers }
    const whole = body === null ? null : body.unusable ? refuseUsed() : body.takeWhole()
    if (body === null || whole !== null) {
      sendWhole(this.#door, head, whole)
      settle(this.#context)
      return
    }
    const sending = sendBody(this.#door, head, body.stream, this.#method === 'HEAD')
    this.#stopSending = sending.stop
    if (this.#isAborted) sending.stop(new DOMException('The client closed the connection', 'AbortError'))
    promiseThen(
      sending.done,
      () => settle(this.#context),
      (error) => this.#fail(error),
    )
  }

  #fail(error: unknown): void {
    const { message, stack } = describeError(error)
    const payload = `{"request":${this.#number},"message":${jsonText(message)},"stack":${jsonText(stack)}}`
    this.#door.post('respond.fail', payload)
    settle(this.#context)
  }
}

const isThenable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

const wrongResult = (value: unknown): TypeError =>
  new TypeErrorClass(
    `The handler must return a Response, or a promise of one, but returned ${inspect(value, 0)}. ` +
      (value === undefined ? 'Is a return missing?' : 'Write: return new Response(...)'),
  )

function refuseUsed(): never {
  throw new TypeErrorClass(
    'The handler returned a Response whose body has been used already. A Response can be sent once: ' +
      'make a new one for each request, or return response.clone()',
  )
}
