import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ivm from 'isolated-vm'
import type { DoorAnswer } from '../../host-door.ts'

/** One message from the isolate. */
export interface Posted {
  operation: string
  payload: Record<string, unknown>
  bytes: Uint8Array | null
}

type Answer = { payload?: unknown; bytes?: ArrayBuffer | null }

/** The host's side in a test: everything the program posts is kept, calls are answered by `answer`. */
export interface TestRealm {
  posted: Posted[]
  /** Runs code in the realm's global scope and returns its value; a promise is waited for. */
  run(code: string): Promise<unknown>
  /** Starts a program given as an expression for its default export. */
  start(exported: string, env?: Record<string, string>): void
  enter(event: string, request: number, payload: unknown, bytes?: Uint8Array): void
  /** Sends a request and waits until the response is complete. */
  fetch(url: string, init?: TestInit): Promise<TestResponse>
  /** Answers the operation of a `call`; throwing rejects it. Default: `respond.chunk` has room, all else is refused. */
  answer: (
    operation: string,
    payload: Record<string, unknown>,
    bytes: Uint8Array | null,
  ) => Answer | Promise<Answer>
  isolate: ivm.Isolate
  dispose(): void
}

export interface TestInit {
  method?: string
  headers?: string[]
  body?: string | Uint8Array
  stream?: boolean
  /** Prefix of the entry point; the URL's path begins with it. */
  root?: string
}

export interface TestResponse {
  status: number
  headers: string[]
  text: string
  bytes: Uint8Array
  streamed: boolean
}

let bundled: Promise<string> | null = null

/** The prelude as it ships: one script, minified. */
export function bundlePrelude(): Promise<string> {
  bundled ??= build({
    entryPoints: [fileURLToPath(new URL('./test-prelude.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    target: 'es2024',
    minify: true,
    write: false,
    logLevel: 'silent',
  }).then((result) => result.outputFiles[0]!.text)
  return bundled
}

let snapshot: Promise<ivm.ExternalCopy<ArrayBuffer>> | null = null

/** A realm in a real isolate that starts from a snapshot of the prelude. */
export async function openTestRealm(): Promise<TestRealm> {
  snapshot ??= bundlePrelude().then((code) => ivm.Isolate.createSnapshot([{ code }]))
  const isolate = new ivm.Isolate({ snapshot: await snapshot, memoryLimit: 128 })
  const context = isolate.createContextSync()
  const posted: Posted[] = []
  const entry = context.evalSync('globalThis.prelude', { reference: true })
  const enterReference = entry.getSync('kind', { reference: true }).getSync('enter', { reference: true })
  const listeners = new Set<(message: Posted) => void>()

  const realm: TestRealm = {
    posted,
    isolate,
    run: (code) => runInside(context, listeners, code),
    start: (exported, env = {}) => {
      context.evalSync(`prelude.kind.start({ default: ${exported} }, ${JSON.stringify(env)})`)
    },
    enter: (event, request, payload, bytes) => {
      enterReference.applySync(undefined, [event, request, JSON.stringify(payload), buffer(bytes)], {
        arguments: { copy: true },
      })
    },
    fetch: (url, init) => request(realm, listeners, url, init),
    answer: (operation) => {
      if (operation === 'respond.chunk') return {}
      throw new Error(`${operation} is not answered in this test`)
    },
    dispose: () => isolate.dispose(),
  }
  connect(entry, realm, listeners)
  return realm
}

type Listeners = Set<(message: Posted) => void>

const buffer = (bytes?: Uint8Array): ArrayBuffer | undefined =>
  bytes && (bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)

/** As the cell does: a text crosses as it is and becomes UTF-8 outside. */
function toBytes(bytes: ArrayBuffer | string | undefined): Uint8Array | null {
  if (bytes === undefined) return null
  return typeof bytes === 'string' ? Buffer.from(bytes) : new Uint8Array(bytes)
}

function connect(entry: ivm.Reference, realm: TestRealm, listeners: Listeners): void {
  const settle = entry.getSync('settle', { reference: true })
  const answerCall = async (id: number, message: Posted): Promise<void> => {
    const args: unknown[] = await Promise.resolve()
      .then(() => realm.answer(message.operation, message.payload, message.bytes))
      .then(
        ({ payload = null, bytes = null }) => [id, null, JSON.stringify(payload), bytes],
        (error) => [id, String(error.message), '', null],
      )
    if (!realm.isolate.isDisposed) settle.applySync(undefined, args, { arguments: { copy: true } })
  }
  const receive = (
    kind: string,
    id: number,
    operation: string,
    payload: string,
    bytes?: ArrayBuffer,
  ): DoorAnswer => {
    const message = { operation, payload: payloadOf(operation, payload), bytes: toBytes(bytes) }
    if (kind === 'callSync') return { payload: 'null', bytes: buffer(randomBytes(message.payload.size))! }
    realm.posted.push(message)
    if (operation === 'timer.set') setTimer(realm, message.payload as { timer: number; delayMs: number })
    for (const listener of [...listeners]) listener(message)
    if (kind === 'call') void answerCall(id, message)
    return { payload: 'null', bytes: null }
  }
  entry.getSync('connect', { reference: true }).applySync(undefined, [new ivm.Reference(receive)])
}

/** An answer is `<request><head as JSON>`, everything else JSON. */
function payloadOf(operation: string, payload: string) {
  if (operation !== 'answer') return JSON.parse(payload)
  const head = JSON.parse(payload.slice(payload.indexOf('{')))
  return { request: Number.parseInt(payload, 10), ...head, streaming: false }
}

function setTimer(realm: TestRealm, { timer, delayMs }: { timer: number; delayMs: number }): void {
  setTimeout(() => {
    if (!realm.isolate.isDisposed) realm.enter('timer', 0, { timer })
  }, delayMs)
}

let lastRun = 0

function runInside(context: ivm.Context, listeners: Listeners, code: string): Promise<unknown> {
  const id = ++lastRun
  const done = new Promise((resolve, reject) => {
    const listener = ({ operation, payload }: Posted): void => {
      if (operation !== 'test.done' || payload.id !== id) return
      listeners.delete(listener)
      if (payload.error === undefined) resolve(payload.value)
      else reject(new Error(String(payload.error)))
    }
    listeners.add(listener)
  })
  context.evalSync(`prelude.run(${id}, async () => (${code}\n))`, { timeout: 20_000 })
  return done
}

let lastRequest = 0

function request(
  realm: TestRealm,
  listeners: Listeners,
  url: string,
  init: TestInit = {},
): Promise<TestResponse> {
  const number = ++lastRequest
  const bytes = typeof init.body === 'string' ? Buffer.from(init.body) : init.body
  const done = new Promise<TestResponse>((resolve, reject) => {
    const response: TestResponse = {
      status: 0,
      headers: [],
      text: '',
      bytes: new Uint8Array(),
      streamed: false,
    }
    const listener = ({ operation, payload, bytes: part }: Posted): void => {
      if (payload?.request !== number) return
      if (part) response.bytes = Buffer.concat([response.bytes, part])
      if (operation === 'respond' || operation === 'answer') {
        response.status = payload.status as number
        response.headers = payload.headers as string[]
        response.streamed = payload.streaming as boolean
      }
      if (operation === 'respond.fail') reject(Object.assign(new Error(String(payload.message)), payload))
      if (operation !== 'respond.end' && operation !== 'answer') return
      listeners.delete(listener)
      response.text = Buffer.from(response.bytes).toString()
      resolve(response)
    }
    listeners.add(listener)
  })
  const body = init.stream ? 'stream' : bytes === undefined ? 'none' : 'whole'
  const { root = '', headers = [], method = 'GET' } = init
  const { pathname, search: query } = new URL(url)
  const path = pathname.slice(root.length)
  const head = { op: 'http', method, url, root, path, query, headers, body }
  realm.enter('http', number, head, init.stream ? undefined : bytes)
  return done
}
