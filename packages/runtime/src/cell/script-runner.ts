import { PlatformError } from '@openzimki/core'
import { decodePath } from './decode-path.ts'
import { RealmIsolate } from './realm-isolate.ts'
import { reportOf } from './report-of.ts'
import type { Runner, RunnerOptions } from './runner.ts'
import type { RunningRequest } from './running-request.ts'
import { scriptArgs } from './script-args.ts'
import { settleClock } from './settle-clock.ts'
import { WorkSums } from './work-sums.ts'

/** Isolates one deployment may have in a cell: one request at a time runs in each. */
const MAX_ISOLATES = 4

/** Runs realms of the script kind: synchronous programs, one request at a time in each isolate. */
export class ScriptRunner implements Runner {
  readonly #options: RunnerOptions
  readonly #idle: RealmIsolate[] = []
  readonly #all = new Set<RealmIsolate>()
  readonly #waiting: ((isolate: RealmIsolate | PlatformError | null) => void)[] = []
  readonly #sums = new WorkSums(MAX_ISOLATES)
  #starting = 0
  #disposed: PlatformError | null = null

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  async start(classes: Promise<readonly string[]>): Promise<void> {
    this.#release(await this.#load(classes))
  }

  async run(request: RunningRequest): Promise<void> {
    const { realm } = this.#options
    const { head } = request
    const { requestBytes } = realm.load.limits
    const body = request.body.complete
      ? request.body.take(requestBytes)
      : await request.body.whole(requestBytes)
    const params = head.op === 'http' ? null : (JSON.parse(body.toString('utf8')) as object)
    const args = params ? {} : await scriptArgs(head.query, head.headers, body)
    const isolate = await this.#acquire(request)
    if (isolate === null) return
    isolate.begin(request)
    const beganMs = isolate.lastUsedMs
    this.#sums.began(beganMs)
    const { root, key: apikey, alias } = head
    const state = { number: request.id, path: decodePath(head), args, root, apikey, alias }
    const classes = newClasses(isolate)
    await isolate.enter(head.op, request.id, JSON.stringify({ state, classes, ...params }))
    if (!request.ended) request.fail(new PlatformError('SCRIPT_ERROR', 'the program ended without an answer'))
    isolate.finish(request)
    this.#sums.ended(beganMs, isolate.lastUsedMs)
    this.#release(isolate)
  }

  reports(nowMs: number) {
    return reportOf(this.#all, nowMs, this.#sums)
  }

  settleClocks(): void {
    for (const isolate of this.#all) settleClock(isolate)
  }

  dispose(reason: PlatformError): void {
    this.#disposed = reason
    for (const isolate of this.#all) isolate.dispose(reason)
    this.#all.clear()
    this.#idle.length = 0
    for (const wake of this.#waiting.splice(0)) wake(reason)
  }

  /** Null: the request is over before it had its turn. */
  async #acquire(request: RunningRequest): Promise<RealmIsolate | null> {
    if (this.#disposed) throw this.#disposed
    if (request.ended) return null
    const free = this.#idle.pop()
    if (free) {
      this.#sums.enteredAtOnce()
      return free
    }
    if (this.#all.size + this.#starting < MAX_ISOLATES) void this.#grow()
    const arrivedMs = performance.now()
    this.#sums.arrived(arrivedMs)
    const got = await new Promise<RealmIsolate | PlatformError | null>((resolve) => {
      this.#waiting.push(resolve)
      request.onEnded = () => {
        const at = this.#waiting.indexOf(resolve)
        if (at >= 0) this.#waiting.splice(at, 1)
        resolve(null)
      }
    })
    request.onEnded = null
    this.#sums.waited(arrivedMs, performance.now(), got instanceof RealmIsolate)
    if (got instanceof PlatformError) throw got
    return got
  }

  async #grow(): Promise<void> {
    try {
      const { objects, load } = this.#options.realm
      this.#release(await this.#load(objects.listClasses(load.realm)))
    } catch (error) {
      this.#waiting.shift()?.(PlatformError.from(error))
    }
  }

  /** A dead isolate is replaced only when somebody waits for it. */
  #release(isolate: RealmIsolate): void {
    const { dead } = isolate.host
    if (dead) {
      isolate.dispose(dead)
      this.#all.delete(isolate)
      if (this.#waiting.length > 0) void this.#grow()
      return
    }
    const next = this.#waiting.shift()
    if (next) next(isolate)
    else this.#idle.push(isolate)
  }

  async #load(classes: Promise<readonly string[]>): Promise<RealmIsolate> {
    const { realm, pool, meter, runaways } = this.#options
    this.#starting++
    try {
      // It is awaited below, where a failure also frees the isolate.
      classes.catch(() => undefined)
      const host = await pool.take('script', realm.load.limits.memoryMb)
      const isolate = new RealmIsolate({ host, realm, meter, runaways, sums: this.#sums })
      this.#all.add(isolate)
      try {
        realm.changes.heard(await classes)
        await this.#startCode(isolate)
        return isolate
      } catch (error) {
        isolate.dispose(PlatformError.from(error))
        this.#all.delete(isolate)
        throw error
      }
    } finally {
      this.#starting--
    }
  }

  /** The isolate starts while the store is asked for the code, and the code is compiled while it starts. */
  async #startCode(isolate: RealmIsolate): Promise<void> {
    const { host } = isolate
    const { load, artifact } = this.#options.realm
    const { cpuMs } = load.limits
    const start = JSON.stringify({ classes: newClasses(isolate), env: load.env })
    const started = host.enter('start', 0, start, cpuMs)
    started.catch(() => undefined)
    const { scripts } = await artifact
    const compiled = scripts.map(({ name, source }) => host.compile(source, `javascript/${name}`, cpuMs))
    for (const script of compiled) script.catch(() => undefined)
    await started
    for (const script of compiled) await host.run(await script, cpuMs)
  }
}

/** Those that were made in other isolates or cells since it asked last; undefined: none. */
function newClasses(isolate: RealmIsolate): string[] | undefined {
  const { classes } = isolate.realm.changes
  if (isolate.classesKnown === classes.length) return undefined
  const found = classes.slice(isolate.classesKnown)
  isolate.classesKnown = classes.length
  return found
}
