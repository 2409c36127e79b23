import { type IdTable, PlatformError } from '@openzimki/core'
import type { DoorResult } from '../engine/isolate-host.ts'
import type { RunningRequest } from './running-request.ts'
import { safeHeaders } from './safe-headers.ts'
import { type DoorBytes, toBytes } from './to-bytes.ts'

interface Respond {
  request: number
  status: number
  headers: string[]
  streaming?: boolean
  encoding?: 'utf8' | 'latin1'
  function?: string
}

/** The door's operations that speak of a request itself: its answer and its body. Only requests of this isolate exist. */
export class RequestDoor {
  readonly #requests: IdTable<RunningRequest>

  constructor(requests: IdTable<RunningRequest>) {
    this.#requests = requests
  }

  /** False: it is another operation. */
  post(operation: string, payload: string, bytes: DoorBytes): boolean {
    if (operation === 'answer+done') this.#answer(payload, bytes)?.settled()
    else if (operation === 'answer') this.#answer(payload, bytes)
    else if (operation === 'respond') this.#respond(JSON.parse(payload), bytes)
    else if (operation === 'respond+done') this.#respond(JSON.parse(payload), bytes)?.settled()
    else if (operation === 'respond.end') this.#of(payload)?.end()
    else if (operation === 'respond.fail') this.#fail(JSON.parse(payload))
    else if (operation === 'body.cancel') this.#of(payload)?.body.cancel()
    else if (operation === 'wait.done') this.#of(payload)?.settled()
    else return false
    return true
  }

  /** Null: it is another operation. */
  async call(operation: string, payload: string, bytes: DoorBytes): Promise<DoorResult | null> {
    if (operation !== 'respond.chunk' && operation !== 'body.pull') return null
    const request = this.#of(payload)
    if (!request) throw new PlatformError('CANCELLED', 'the request is over')
    if (operation === 'respond.chunk') {
      await request.chunk(toBytes(bytes))
      return { payload: '{}' }
    }
    const chunk = await request.body.next()
    if (!chunk) return { payload: 'null' }
    const copy = chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.byteLength) as ArrayBuffer
    return { payload: '{}', bytes: copy }
  }

  #of(payload: string): RunningRequest | undefined {
    return this.#requests.get((JSON.parse(payload) as { request: number }).request)
  }

  /** `<request><head as JSON>`: the head is the gateway's to read, which believes no cell anyway. */
  #answer(payload: string, bytes: DoorBytes): RunningRequest | undefined {
    const request = this.#requests.get(Number.parseInt(payload, 10))
    request?.answer(payload.slice(payload.indexOf('{')), bytes)
    return request
  }

  #respond(answer: Respond, bytes: DoorBytes): RunningRequest | undefined {
    const request = this.#requests.get(answer.request)
    if (!request) return undefined
    if (answer.function !== undefined) request.function = String(answer.function)
    const head = { status: answer.status, headers: safeHeaders(answer.headers) }
    if (answer.streaming) request.begin(head)
    else request.respond(head, bytes, answer.encoding === 'latin1' ? 'latin1' : 'utf8')
    return request
  }

  #fail({ request: number, message, stack }: { request: number; message: string; stack: string }): void {
    const request = this.#requests.get(number)
    request?.threw(String(message), String(stack))
  }
}
