import { PlatformError, type RequestHead, type ResponseHead } from '@openzimki/core'
import type { z } from 'zod'

/** Sends a request into a realm's cell, past every door that is open to the outside. */
export type Invoke = (
  head: RequestHead,
  body: Uint8Array,
) => Promise<{ head: ResponseHead; body: Uint8Array }>

/** Asks a program to evaluate or to test, and reads its answer, which may be anything at all. */
export class RealmInvoker {
  readonly #invoke: Invoke
  readonly #randomUUID: () => string

  constructor(invoke: Invoke, randomUUID: () => string) {
    this.#invoke = invoke
    this.#randomUUID = randomUUID
  }

  /** SCRIPT_ERROR when the cell answers with something else than `answer`. */
  async ask<T extends z.ZodType>(
    target: { op: 'eval' | 'test'; realm: string; deployment: string },
    question: object,
    answer: T,
  ): Promise<z.output<T>> {
    const head: RequestHead = {
      ...target,
      id: this.#randomUUID(),
      key: 'system',
      alias: null,
      root: '',
      method: 'POST',
      url: `http://${target.realm}.invalid/`,
      path: '/',
      query: '',
      headers: ['content-type', 'application/json'],
      remote: '',
      debug: true,
    }
    const response = await this.#invoke(head, Buffer.from(JSON.stringify(question)))
    const parsed = answer.safeParse(parse(response.body))
    if (parsed.success) return parsed.data
    throw new PlatformError(
      'SCRIPT_ERROR',
      `The realm answered with status ${response.head.status} and no result; see its log`,
    )
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    // The caller says what is wrong: an answer that is no JSON fits no schema.
    return undefined
  }
}
