import type { Client, QueryResult } from 'pg'
import type { Command, Row, Task } from '../task.ts'
import { isFollowUp } from './failures.ts'

/** Names of prepared statements, the same on every connection of one pool. */
export class Statements {
  readonly #known = new Map<string, { name: string; text: string }>()

  of(sql: string): { name: string; text: string } {
    let known = this.#known.get(sql)
    if (!known) {
      let count = 0
      known = { name: `z${this.#known.size}`, text: sql.replaceAll('?', () => `$${++count}`) }
      this.#known.set(sql, known)
    }
    return known
  }
}

/**
 * One connection for as long as somebody holds it. Commands that nobody waits for an answer of are sent without waiting; what fails among
 * them is told at the next one that is waited for.
 */
export class Session {
  readonly client: Client
  readonly #statements: Statements
  #sent: Promise<unknown>[] = []
  #failed: { error: unknown } | null = null

  constructor(client: Client, statements: Statements) {
    this.client = client
    this.#statements = statements
  }

  /** Rows of a command. */
  async ask(command: Command): Promise<Row[]> {
    return (await this.#answer(command)).rows
  }

  send(command: Command): void {
    for (const one of inParts(command)) this.#send(one)
  }

  #send(command: Command): void {
    const answer = this.#query(command).catch((error) => {
      if (!isFollowUp(error)) this.#failed ??= { error }
    })
    this.#sent.push(answer)
  }

  /** All that was sent is done; rejects when something of it failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#sent)
    this.#sent = []
    const failed = this.#failed
    this.#failed = null
    if (failed) throw failed.error
  }

  async run<T>(task: Task<T>): Promise<T> {
    let step = task.next()
    while (!step.done) {
      if (step.value.silent) {
        this.send(step.value)
        step = task.next([])
      } else step = task.next(await this.ask(step.value))
    }
    return step.value
  }

  /** The word with which the server says what it did: `COMMIT`, or `ROLLBACK` where something before had failed. */
  async tag(sql: string): Promise<string> {
    return (await this.#answer({ sql, bindings: [] })).command
  }

  async #answer(command: Command): Promise<QueryResult> {
    try {
      const answer = await this.#query(command)
      if (this.#sent.length > 0) this.#sent = []
      return answer
    } catch (error) {
      if (!isFollowUp(error)) throw error
      // Answers come in order, so that what was sent before is answered.
      await this.settled()
      throw error
    }
  }

  #query({ sql, bindings }: Command): Promise<QueryResult> {
    const { name, text } = this.#statements.of(sql)
    return this.client.query({ name, text, values: bindings as unknown[] })
  }
}

/** Rows of one command. */
const MOST_ROWS = 64

/** A command for each row as few commands of many rows; in powers of two, so that there are few different statements. */
function* inParts({ sql, bindings, each }: Command): Generator<Command> {
  if (!each) return yield { sql, bindings }
  const row = sql.slice(sql.lastIndexOf('('))
  for (let start = 0; start < each.length; ) {
    const count = Math.min(MOST_ROWS, 2 ** Math.floor(Math.log2(each.length - start)))
    yield { sql: sql + `, ${row}`.repeat(count - 1), bindings: each.slice(start, start + count).flat() }
    start += count
  }
}
