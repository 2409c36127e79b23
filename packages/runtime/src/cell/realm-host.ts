import { text } from 'node:stream/consumers'
import type { Artifact, CellLoad, IsolateReport, RealmKind } from '@openzimki/core'
import { isDigest, PlatformError } from '@openzimki/core'
import type { IsolateCpu } from '@openzimki/meter'
import type { BlobStore, ObjectStore } from '@openzimki/store/client'
import type { Egress } from '../bindings/egress-port.ts'
import type { RealmServices } from '../bindings/operation.ts'
import { RealmChanges } from '../bindings/realm-changes.ts'
import { RealmFiles } from '../bindings/realm-files.ts'
import type { CellMeter } from './cell-meter.ts'
import { decodePath } from './decode-path.ts'
import type { IsolatePool } from './isolate-pool.ts'
import { ModuleRunner } from './module-runner.ts'
import type { Runaways } from './runaways.ts'
import type { Runner } from './runner.ts'
import type { RunningRequest } from './running-request.ts'
import { ScriptRunner } from './script-runner.ts'
import { serveFile } from './static-file.ts'

export interface RealmHostOptions {
  load: CellLoad
  objects: ObjectStore
  blobs: BlobStore
  egress: Egress
  pool: IsolatePool
  meter: CellMeter
  runaways: Runaways
  log: RealmServices['log']
}

/** One deployment in this cell. */
export class RealmHost implements RealmServices {
  readonly load: CellLoad
  readonly artifact: Promise<Artifact>
  readonly objects: ObjectStore
  readonly blobs: BlobStore
  readonly files: RealmFiles
  readonly changes: RealmChanges
  readonly egress: Egress
  readonly log: RealmServices['log']
  readonly #meter: CellMeter
  /** Where requests for files run: in no isolate. */
  readonly #files: IsolateCpu
  readonly #runner: Runner
  #active = 0

  private constructor(options: RealmHostOptions, artifact: Promise<string>, classes: Promise<string[]>) {
    this.load = options.load
    this.objects = options.objects
    this.blobs = options.blobs
    this.egress = options.egress
    this.log = options.log
    this.#meter = options.meter
    this.#files = options.meter.isolate()
    const { realm } = options.load
    this.files = new RealmFiles(realm, options.objects, options.blobs)
    this.changes = new RealmChanges({ realm, objects: options.objects, files: this.files })
    this.artifact = this.#prepare(artifact, classes)
    const Kind = options.load.kind === 'script' ? ScriptRunner : ModuleRunner
    const { pool, meter, runaways } = options
    this.#runner = new Kind({ realm: this, pool, meter, runaways })
  }

  /** Starts the code of the deployment, read from the store where it was not prefetched. */
  static async start(options: RealmHostOptions): Promise<RealmHost> {
    const { prefetched, ...load } = options.load
    const artifact = prefetched ? Promise.resolve(prefetched.artifact) : readArtifact(options.blobs, load)
    const classes = prefetched ? Promise.resolve(prefetched.classes) : options.objects.listClasses(load.realm)
    const host = new RealmHost({ ...options, load }, artifact, classes)
    // The runner awaits it, but may fail before.
    host.artifact.catch(() => undefined)
    await host.#runner.start(classes)
    return host
  }

  async #prepare(read: Promise<string>, classes: Promise<string[]>): Promise<Artifact> {
    const stored = classes.then((names) => this.files.load(names))
    // It is awaited below, where it may fail after the other.
    stored.catch(() => undefined)
    const parsed = parseArtifact(await read, this.load.kind)
    this.files.deploy(parsed.files)
    await stored
    return parsed
  }

  /** Answers a request: a published file, or the program. */
  async handle(request: RunningRequest): Promise<void> {
    this.#active++
    request.onThrow = this.#logThrown
    const { wallMs } = this.load.limits
    const wall = setTimeout(expire, wallMs, request, wallMs)
    try {
      const due = this.changes.due(performance.now())
      if (due) await due
      const file = request.head.op === 'http' ? this.files.published(decodePath(request.head)) : null
      if (file) await this.#serve(file, request)
      else await this.#runner.run(request)
    } catch (error) {
      request.fail(PlatformError.from(error))
    } finally {
      clearTimeout(wall)
      this.#active--
    }
  }

  report(nowMs: number): IsolateReport {
    const { realm, deployment } = this.load
    const report = this.#runner.reports(nowMs)
    return { realm, deployment, ...report, active: Math.max(report.active, this.#active) }
  }

  settleClocks(): void {
    this.#runner.settleClocks()
  }

  dispose(reason: PlatformError): void {
    this.#runner.dispose(reason)
  }

  readonly #logThrown = (request: RunningRequest, text: string): void =>
    this.log({ request: request.head.id, level: 'error', text })

  async #serve(
    file: NonNullable<ReturnType<RealmFiles['published']>>,
    request: RunningRequest,
  ): Promise<void> {
    this.#meter.begin(this.#files, request)
    request.amounts.storeReads += 1
    try {
      await serveFile(file, this.files, request)
    } catch (error) {
      request.fail(PlatformError.from(error))
    } finally {
      this.#meter.finish(request, this.load)
    }
  }
}

async function readArtifact(blobs: BlobStore, { deployment }: CellLoad): Promise<string> {
  if (!isDigest(deployment))
    throw new PlatformError('INVALID_ARGUMENT', 'a deployment is named by its digest')
  return text(await blobs.get(deployment))
}

function parseArtifact(json: string, kind: RealmKind): Artifact {
  const artifact = JSON.parse(json) as Artifact
  if (artifact.format !== 1)
    throw new PlatformError(
      'UNSUPPORTED',
      `this cell does not know artifact format ${String(artifact.format)}: update the platform`,
    )
  if (artifact.kind === kind) return artifact
  throw new PlatformError('INTERNAL', `a deployment of kind ${artifact.kind} was to be loaded as ${kind}`)
}

function expire(request: RunningRequest, wallMs: number): void {
  request.expire(wallLimit(wallMs))
}

function wallLimit(wallMs: number): PlatformError {
  return new PlatformError(
    'TIMEOUT',
    `stopped: no answer within the realm's limit of ${wallMs} ms (wallMs)`,
    {
      details: { limit: 'wallMs' },
    },
  )
}
