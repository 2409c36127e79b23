import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from './ask.ts'
import type { SentRequest, WriterRecord } from './sent-request.ts'

export interface LoadOptions {
  port: number
  realms: readonly string[]
  /** In each realm; as many read as write. */
  writers: number
  random: () => number
}

/** What a client was told. */
type Told = Pick<SentRequest, 'outcome' | 'why'> & { text: string }

/** Between two requests of one client, so that the load does not itself take all processors. */
const PAUSE_MS = 4
const PAUSE_AFTER_FAILURE_MS = 50

/** Writers and readers that go on whatever happens, and remember what they were told. */
export class Load {
  readonly sent: SentRequest[] = []
  readonly writers: WriterRecord[] = []
  readonly #options: LoadOptions
  readonly #agent = new Agent({ keepAlive: true })
  readonly #clients: Promise<void>[] = []
  #isRunning = true

  constructor(options: LoadOptions) {
    this.#options = options
    for (const realm of options.realms) {
      for (let index = 0; index < options.writers; index += 1) {
        const record: WriterRecord = { realm, writer: `w${index}`, written: [], unsure: [] }
        this.writers.push(record)
        this.#clients.push(this.#write(record), this.#read(record))
      }
    }
  }

  /** Resolves once each realm has given so many right answers from now on; false when that takes longer than `patienceMs`. */
  async answers(count: number, patienceMs: number): Promise<boolean> {
    const from = this.sent.length
    const deadlineMs = performance.now() + patienceMs
    for (;;) {
      const answered = this.sent.slice(from).filter(({ outcome }) => outcome === 'answered')
      const isEnough = (realm: string) => answered.filter((one) => one.realm === realm).length >= count
      if (this.#options.realms.every(isEnough)) return true
      if (performance.now() > deadlineMs) return false
      await delay(PAUSE_AFTER_FAILURE_MS)
    }
  }

  /** Resolves when every request has ended. */
  async stop(): Promise<void> {
    this.#isRunning = false
    await Promise.all(this.#clients)
    this.#agent.destroy()
  }

  async #write(record: WriterRecord): Promise<void> {
    const { realm, writer } = record
    for (let n = 0; this.#isRunning; n += 1) {
      const path = `/u/${realm}/write?writer=${writer}&n=${n}`
      const { outcome, text } = await this.#ask(realm, '/write', 'POST', path, (id) => /^[\w-]{8,}$/.test(id))
      if (outcome === 'answered') record.written.push({ id: text, n })
      else if (outcome !== 'refused') record.unsure.push(n)
    }
  }

  async #read({ realm, written }: WriterRecord): Promise<void> {
    while (this.#isRunning) {
      const note = written[Math.floor(this.#options.random() * written.length)]
      if (note) {
        const path = `/u/${realm}/read?id=${note.id}`
        await this.#ask(realm, '/read', 'GET', path, (text) => text === String(note.n))
      } else await delay(PAUSE_AFTER_FAILURE_MS)
    }
  }

  async #ask(
    realm: string,
    name: SentRequest['function'],
    method: 'GET' | 'POST',
    path: string,
    isRight: (text: string) => boolean,
  ): Promise<Told> {
    const startMs = performance.now()
    const told = await this.#tell(method, path, isRight)
    const { outcome, why } = told
    this.sent.push({ realm, function: name, startMs, endMs: performance.now(), outcome, why })
    await delay(outcome === 'answered' ? PAUSE_MS : PAUSE_AFTER_FAILURE_MS)
    return told
  }

  async #tell(method: 'GET' | 'POST', path: string, isRight: (text: string) => boolean): Promise<Told> {
    const { port } = this.#options
    try {
      const { status, text } = await ask({ port, method, path, agent: this.#agent })
      if (status !== 200) return { outcome: 'failed', why: `${status} ${firstWords(text)}`, text }
      if (isRight(text)) return { outcome: 'answered', why: '', text }
      return { outcome: 'wrong', why: `${path} answered ${firstWords(text)}`, text }
    } catch (thrown) {
      const { code, message } = thrown as NodeJS.ErrnoException
      return {
        outcome: code === 'ECONNREFUSED' ? 'refused' : 'failed',
        why: message || String(code),
        text: '',
      }
    }
  }
}

const firstWords = (text: string): string =>
  text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 160)
