import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import {
  type Artifact,
  type CellLoad,
  canonicalJson,
  DEFAULT_LIMITS,
  type LogEntry,
  PlatformError,
  type RealmLimits,
  type RequestHead,
  type ResponseHead,
  systemClock,
  type UsageWindow,
} from '@openzimki/core'
import { createLink, type Link } from '@openzimki/link'
import { type BlobStore, type ObjectStore, openFileBlobStore, openSqliteStore } from '@openzimki/store'
import { createEgress } from '../bindings/egress/index.ts'
import { Cell } from '../cell/cell.ts'
import { CellMeter } from '../cell/cell-meter.ts'
import { IsolatePool } from '../cell/isolate-pool.ts'
import type { Contention } from '../engine/contention.ts'
import { ensurePreludes, readSnapshot } from '../engine/prelude.ts'

export interface TestAnswer {
  status: number
  headers: Record<string, string>
  text: string
  bytes: Buffer
}

export interface TestRequest {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
  op?: RequestHead['op']
  key?: string
  root?: string
  /** Default `http`. */
  scheme?: 'http' | 'https'
  /** The key is the owner's own, in development. Default false. */
  debug?: boolean
  /** Aborted: the client goes away, and the request rejects with CANCELLED. */
  signal?: AbortSignal
  /** More of the body is to come, and never does. */
  unfinished?: boolean
  /** Some of the answer has come. */
  onData?: () => void
}

export interface TestCellOptions {
  /** Addresses that realms may call though they are the host's own. */
  allow?: string[]
  /** A cell on the same store, which is to be closed after this one. */
  beside?: TestCell
  /** Default: each isolate has a processor of its own. */
  contention?: Contention
}

/** A whole cell on a real store, in this process: what the tests of programs run against. */
export class TestCell {
  readonly objects: ObjectStore
  readonly blobs: BlobStore
  readonly cell: Cell
  readonly logs: LogEntry[] = []
  readonly windows: UsageWindow[] = []
  readonly meter: CellMeter
  readonly link: Link
  /** Null: the store is another cell's. */
  readonly #directory: string | null
  readonly #loads = new Map<string, CellLoad>()

  private constructor(parts: {
    directory: string | null
    objects: ObjectStore
    blobs: BlobStore
    pool: IsolatePool
    allow: string[]
  }) {
    this.#directory = parts.directory
    this.objects = parts.objects
    this.blobs = parts.blobs
    this.meter = new CellMeter({
      source: randomUUID(),
      jsopNs: 1_000,
      clock: systemClock,
      // Threads of earlier cells in this process would be taken for something else.
      threads: null,
      settle: () => this.cell.settleClocks(),
      ship: (window) => {
        this.windows.push(window)
        this.meter.acknowledge(window.sequence)
      },
    })
    this.cell = new Cell({
      pool: parts.pool,
      meter: this.meter,
      egress: createEgress({ allow: parts.allow }),
      connectRealm: () => ({ objects: throughDoor(this.objects), blobs: this.blobs, renew: () => undefined }),
      log: (entry) => this.logs.push(entry),
      clock: systemClock,
    })
    const [ours, theirs] = duplexPair()
    this.link = createLink(ours, 'client')
    createLink(theirs, 'server').onStream = (stream) => this.cell.accept(stream)
  }

  static async open({ allow = [], beside, contention }: TestCellOptions = {}): Promise<TestCell> {
    const store = beside
      ? { directory: null, objects: beside.objects, blobs: beside.blobs }
      : await TestCell.#store()
    const preludes = await ensurePreludes(join(tmpdir(), 'zimki-test-preludes'))
    const snapshots = {
      script: await readSnapshot(preludes.script),
      module: await readSnapshot(preludes.module),
    }
    const size = { spares: 0, spareMemoryMb: DEFAULT_LIMITS.memoryMb }
    const pool = new IsolatePool({ snapshots, ...size, ...(contention ? { contention } : {}) })
    return new TestCell({ ...store, pool, allow })
  }

  static async #store(): Promise<{ directory: string; objects: ObjectStore; blobs: BlobStore }> {
    const directory = await mkdtemp(join(tmpdir(), 'zimki-cell-'))
    const filename = join(directory, 'store.sqlite')
    const { objects } = await openSqliteStore({ filename, clock: systemClock })
    const blobs = await openFileBlobStore({ directory: join(directory, 'blobs') })
    return { directory, objects, blobs }
  }

  /** The same deployment in this cell too, as when a realm is busy. */
  async alsoRuns({ realm, deployment, account }: TestRealm, from: TestCell): Promise<TestRealm> {
    await this.cell.load(from.#loads.get(realm)!)
    return new TestRealm(this, realm, deployment, account)
  }

  /** Deploys texts as a realm of the script kind and answers how to call it. */
  script(
    scripts: string | Record<string, string>,
    parts: {
      templates?: Record<string, string>
      files?: Record<string, string>
      classes?: string[]
      limits?: Partial<RealmLimits>
      env?: Record<string, string>
    } = {},
  ): Promise<TestRealm> {
    const pieces = typeof scripts === 'string' ? { 'main.js': scripts } : scripts
    const { templates = {}, classes = [] } = parts
    return this.deploy(
      { kind: 'script', scripts: named(pieces), templates: named(templates), classes },
      parts.files ?? {},
      parts.limits ?? {},
      parts.env ?? {},
    )
  }

  module(
    source: string,
    limits: Partial<RealmLimits> = {},
    env: Record<string, string> = {},
  ): Promise<TestRealm> {
    return this.deploy({ kind: 'module', main: { name: 'main.js', source } }, {}, limits, env)
  }

  async deploy(
    part: Partial<Artifact>,
    files: Record<string, string>,
    limits: Partial<RealmLimits>,
    env: Record<string, string> = {},
  ): Promise<TestRealm> {
    const artifact: Artifact = { ...EMPTY, ...part, files: [] }
    for (const [path, content] of Object.entries(files)) {
      const stored = await this.blobs.put(chunks(content))
      artifact.files.push({ path, mimetype: 'text/plain; charset=utf-8', ...stored })
    }
    const json = canonicalJson(artifact)
    const { digest } = await this.blobs.put(chunks(json))
    const load = {
      account: randomUUID(),
      realm: randomUUID(),
      deployment: digest,
      kind: artifact.kind,
      capability: 'test',
      limits: { ...DEFAULT_LIMITS, ...limits },
      env,
    }
    for (const className of artifact.classes)
      await this.objects.batch(load.realm, 1, [{ op: 'createClass', className, ifMissing: true }])
    this.#loads.set(load.realm, load)
    await this.cell.load(load)
    return new TestRealm(this, load.realm, digest, load.account)
  }

  /** Resolves when the condition holds; a test that waits in vain ends by its own time limit. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  async close(): Promise<void> {
    this.link.close()
    this.cell.close()
    this.meter.close()
    if (this.#directory === null) return
    await this.objects.close()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** A deployed realm, called as a gateway would. */
export class TestRealm {
  readonly #cell: TestCell
  readonly realm: string
  readonly deployment: string
  readonly account: string
  readonly key = randomUUID()

  constructor(cell: TestCell, realm: string, deployment: string, account: string) {
    this.#cell = cell
    this.realm = realm
    this.deployment = deployment
    this.account = account
  }

  /** Rejects with the PlatformError that the gateway would make a page of. */
  request(target: string, request: TestRequest = {}): Promise<TestAnswer> {
    const url = new URL(target, `${request.scheme ?? 'http'}://realm.localhost`)
    const head: RequestHead = {
      op: request.op ?? 'http',
      id: randomUUID(),
      realm: this.realm,
      deployment: this.deployment,
      key: request.key ?? this.key,
      alias: 'realm',
      root: request.root ?? '',
      method: request.method ?? 'GET',
      url: url.href,
      path: url.pathname.slice((request.root ?? '').length),
      query: url.search,
      headers: Object.entries(request.headers ?? {}).flat(),
      remote: '127.0.0.1',
      debug: request.debug ?? false,
    }
    return new Promise((resolve, reject) => {
      let answer: ResponseHead
      const parts: Uint8Array[] = []
      const body = request.body === undefined ? undefined : Buffer.from(request.body)
      const stream = this.#cell.link.open(JSON.stringify(head), {
        ...(request.unfinished ? {} : body ? { body } : { end: true }),
        handlers: {
          onHead: (text) => {
            answer = JSON.parse(text)
          },
          onData: (chunk) => {
            parts.push(Buffer.from(chunk))
            stream.consumed(chunk.byteLength)
            request.onData?.()
          },
          onEnd: () => resolve(toAnswer(answer, Buffer.concat(parts))),
          onReset: reject,
        },
      })
      if (request.unfinished && body) stream.write(body)
      request.signal?.addEventListener('abort', () => {
        const gone = new PlatformError('CANCELLED', 'the client went away')
        stream.reset(gone)
        reject(gone)
      })
    })
  }

  async text(target: string, request?: TestRequest): Promise<string> {
    return (await this.request(target, request)).text
  }

  /** The error that a request ends with. */
  async failure(target: string, request?: TestRequest): Promise<PlatformError> {
    try {
      const { status } = await this.request(target, request)
      throw new Error(`the request was answered with ${status}`)
    } catch (error) {
      if (error instanceof PlatformError) return error
      throw error
    }
  }

  /** Evaluates in the realm's context, as the shell does. */
  async evaluate(code: string): Promise<{ value: string | null; error: { message: string } | null }> {
    return JSON.parse(await this.text('/', { op: 'eval', body: JSON.stringify({ code }) }))
  }
}

const EMPTY: Artifact = {
  format: 1,
  kind: 'script',
  scripts: [],
  templates: [],
  tests: [],
  files: [],
  classes: [],
  env: {},
  limits: {},
  schedules: [],
  shared: [],
}

function named(texts: Record<string, string>): { name: string; source: string }[] {
  return Object.entries(texts).map(([name, source]) => ({ name, source }))
}

async function* chunks(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text)
}

function toAnswer(head: ResponseHead, bytes: Buffer): TestAnswer {
  const headers: Record<string, string> = {}
  for (let index = 0; index < head.headers.length; index += 2)
    headers[head.headers[index]!] = head.headers[index + 1]!
  return { status: head.status, headers, text: bytes.toString('utf8'), bytes }
}

/** SHA-256 of a text, lower-case hex. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The store's door writes with the epoch of the capability, whatever the cell says. */
function throughDoor(objects: ObjectStore): ObjectStore {
  const door: ObjectStore = Object.create(objects)
  door.batch = (realm, _epoch, operations) => objects.batch(realm, 1, operations)
  for (const name of ['get', 'search', 'count', 'listClasses'] as const)
    Object.assign(door, { [name]: (...args: unknown[]) => Reflect.apply(objects[name], objects, args) })
  return door
}
