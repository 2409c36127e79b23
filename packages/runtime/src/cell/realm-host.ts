import type { Artifact, CellLoad, IsolateReport } from '@openzimki/core'
import { isDigest, PlatformError } from '@openzimki/core'
import type { IsolateCpu } from '@openzimki/meter'
import type { BlobStore, ObjectStore } from '@openzimki/store/client'
import type { Egress } from '../bindings/egress-port.ts'
import type { RealmServices } from '../bindings/operation.ts'
import { RealmFiles } from '../bindings/realm-files.ts'
import { text } from '../bindings/realm-operations.ts'
import type { CellMeter } from './cell-meter.ts'
import { decodePath } from './decode-path.ts'
import type { IsolatePool } from './isolate-pool.ts'
import { ModuleRunner } from './module-runner.ts'
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
  meter: CellMeter | null
  log: RealmServices['log']
}

/** One deployment in this cell. */
export class RealmHost implements RealmServices {
  readonly load: CellLoad
  readonly artifact: Artifact
  readonly objects: ObjectStore
  readonly blobs: BlobStore
  readonly files: RealmFiles
  readonly egress: Egress
  readonly log: RealmServices['log']
  readonly #meter: CellMeter | null
  /** Where requests for files run: in no isolate. */
  readonly #files: IsolateCpu | null
  readonly #runner: Runner
  #active = 0

  private constructor(options: RealmHostOptions, artifact: Artifact) {
    this.load = options.load
    this.artifact = artifact
    this.objects = options.objects
    this.blobs = options.blobs
    this.egress = options.egress
    this.log = options.log
    this.#meter = options.meter
    this.#files = options.meter?.isolate() ?? null
    this.files = new RealmFiles(options.load.realm, artifact, options.objects, options.blobs)
    const Kind = artifact.kind === 'script' ? ScriptRunner : ModuleRunner
    this.#runner = new Kind({ realm: this, pool: options.pool, meter: options.meter })
  }

  /** Reads the deployment from the store and starts its code. */
  static async start(options: RealmHostOptions): Promise<RealmHost> {
    const { load, objects, blobs } = options
    const [artifact, created] = await Promise.all([
      readArtifact(blobs, load.deployment),
      RealmFiles.created(load.realm, objects),
    ])
    const host = new RealmHost(options, artifact)
    host.files.load(created)
    await host.#runner.start()
    return host
  }

  /** Answers a request: a published file, or the program. */
  async handle(request: RunningRequest): Promise<void> {
    this.#active++
    request.onThrow = this.#logThrown
    const { wallMs } = this.load.limits
    const wall = setTimeout(expire, wallMs, request, wallMs)
    try {
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
    if (this.#files) this.#meter?.begin(this.#files, request)
    request.amounts.storeReads += 1
    try {
      await serveFile(file, this.files, request)
    } catch (error) {
      request.fail(PlatformError.from(error))
    } finally {
      this.#meter?.finish(request, this.load)
    }
  }
}

async function readArtifact(blobs: BlobStore, deployment: string): Promise<Artifact> {
  if (!isDigest(deployment))
    throw new PlatformError('INVALID_ARGUMENT', 'a deployment is named by its digest')
  const artifact = JSON.parse(await text(await blobs.get(deployment))) as Artifact
  if (artifact.format === 1) return artifact
  throw new PlatformError(
    'UNSUPPORTED',
    `this cell does not know artifact format ${String(artifact.format)}: update the platform`,
  )
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
