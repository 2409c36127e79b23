import { setTimeout as delay } from 'node:timers/promises'

const EVERY_MS = 50
const PATIENCE_MS = 30_000

/** Null: answered as it should be. */
export async function ask(url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const text = await answer.text()
    return answer.status === 200 && text.length > 0 ? null : `${answer.status}: ${text.slice(0, 200)}`
  } catch (thrown) {
    return String((thrown as Error).cause ?? thrown)
  }
}

/** Requests one after the other, to each of the URLs, until it is stopped. */
export class Traffic {
  sent = 0
  readonly failures: string[] = []
  #ended = false
  readonly #all: Promise<unknown>

  constructor(urls: readonly string[]) {
    this.#all = Promise.all(urls.map((url) => this.#send(url)))
  }

  async #send(url: string): Promise<void> {
    while (!this.#ended) {
      const failure = await ask(url)
      this.sent += 1
      if (failure !== null) this.failures.push(failure)
      await delay(EVERY_MS)
    }
  }

  async stop(): Promise<void> {
    this.#ended = true
    await this.#all
  }
}
