import type { WentLive } from '@openzimki/api'
import { type Artifact, canonicalJson, PlatformError } from '@openzimki/core'
import type { BlobRefs, BlobStore, ObjectStore, Operation } from '@openzimki/store'
import type { Knex } from 'knex'
import type { Caller } from '../caller.ts'
import type { ControlContext } from '../control-context.ts'
import { change } from '../database/change.ts'
import type { DeploymentRow, RealmRow } from '../database/rows.ts'
import { KeyedQueue } from '../keyed-queue.ts'
import { firstKey } from '../keys.ts'
import type { CellFleet } from '../machines/cell-fleet.ts'
import type { LoadableDeployment, LoadPlanner } from '../machines/load-planner.ts'
import type { Reconciler } from '../machines/reconciler.ts'
import type { RealmUrls } from '../realm-urls.ts'
import type { RouteRefresh } from '../routing/route-refresh.ts'
import { sha256Hex } from '../users.ts'
import { checkArtifact } from './check-artifact.ts'
import type { SharedFiles } from './shared-files.ts'

export interface DeployerParts {
  context: ControlContext
  objects: ObjectStore
  blobs: BlobStore
  refs: BlobRefs
  urls: RealmUrls
  routes: RouteRefresh
  planner: LoadPlanner
  fleet: CellFleet
  reconciler: Reconciler
  shared: SharedFiles
}

/** Files are looked up this many at a time. */
const LOOKUPS_AT_ONCE = 100

/** Puts deployments live: check, store, load beside the live one, and only then switch the pointer. */
export class Deployer {
  readonly #parts: DeployerParts
  readonly #queue = new KeyedQueue()

  constructor(parts: DeployerParts) {
    this.#parts = parts
  }

  /**
   * One at a time for a realm. The artifact has been validated. When this rejects, what was live is live still. SCRIPT_ERROR: the code
   * or a template does not parse, names something missing, or fails to load; `details` hold file and line. NOT_FOUND: files that were not uploaded.
   */
  deploy(caller: Caller, realm: RealmRow, created: boolean, artifact: Artifact): Promise<WentLive> {
    return this.#queue.run(realm.id, () => this.#deploy(caller, realm.id, created, artifact))
  }

  /** Goes live with a deployment that is there; null: the one that was live before the present one. */
  rollback(caller: Caller, realm: RealmRow, deployment: string | null): Promise<WentLive> {
    return this.#queue.run(realm.id, () => this.#rollback(caller, realm.id, deployment))
  }

  async #deploy(caller: Caller, realmId: string, created: boolean, artifact: Artifact): Promise<WentLive> {
    const { context, objects, blobs, shared } = this.#parts
    const startMs = context.clock.monotonicMs()
    const realm = await this.#realm(realmId)
    const text = canonicalJson(artifact)
    const id = sha256Hex(text)
    if (realm.deployment === id) {
      // A deploy that went live and then failed to share is mended by the next.
      await shared.sync(realm.id)
      return this.#answer(realm, id, { startMs, changed: false, created })
    }
    await this.#requireFiles(realm.id, artifact)
    await checkArtifact(artifact, { realm: realm.id, objects, blobs })
    await shared.read(artifact)
    const isNew = !(await context.db('deployments').where({ realm: realm.id, id }).first())
    await this.#storeArtifact(realm.id, id, text)
    await this.#createClasses(realm.id, artifact.classes)
    const loadable = { id, kind: artifact.kind, limits: JSON.stringify(artifact.limits), env: artifact.env }
    try {
      await this.#goLive(caller, realm, loadable, async (transaction) => {
        if (isNew)
          await insertDeployment(
            transaction,
            { nowMs: context.clock.nowMs(), caller, realm: realm.id },
            loadable,
            artifact,
            Buffer.byteLength(text),
          )
        await appendToHistory(transaction, realm, id)
      })
    } catch (error) {
      if (isNew) await this.#parts.refs.remove(realm.id, id)
      throw error
    }
    return this.#answer(realm, id, { startMs, changed: true, created })
  }

  async #rollback(caller: Caller, realmId: string, wanted: string | null): Promise<WentLive> {
    const { context } = this.#parts
    const startMs = context.clock.monotonicMs()
    const realm = await this.#realm(realmId)
    const row = await this.#rollbackTarget(realm, wanted)
    if (row.id === realm.deployment)
      return this.#answer(realm, row.id, { startMs, changed: false, created: false })
    const loadable = { id: row.id, kind: row.kind, limits: row.limits, env: JSON.parse(row.env) }
    await this.#goLive(caller, realm, loadable, async () => undefined)
    return this.#answer(realm, row.id, { startMs, changed: true, created: false })
  }

  async #rollbackTarget(realm: RealmRow, wanted: string | null): Promise<DeploymentRow> {
    const query = this.#parts.context.db<DeploymentRow>('deployments').where({ realm: realm.id })
    if (wanted !== null) query.where({ id: wanted })
    else {
      const live: DeploymentRow | undefined = await query
        .clone()
        .where({ id: realm.deployment ?? '' })
        .first()
      query.where('live_order', '<', live?.live_order ?? 0).orderBy('live_order', 'desc')
    }
    const row: DeploymentRow | undefined = await query.first()
    if (row) return row
    const what = wanted === null ? 'no deployment from before' : `no deployment ${wanted}`
    throw new PlatformError(
      'NOT_FOUND',
      `The realm ${realm.name} has ${what}; \`zimki deployments\` lists them`,
    )
  }

  /** Loads it beside the live one; when that works, one transaction switches. */
  async #goLive(
    caller: Caller,
    realm: RealmRow,
    deployment: LoadableDeployment,
    also: (transaction: Knex.Transaction) => Promise<void>,
  ): Promise<void> {
    const { context, fleet, planner, reconciler, routes, shared } = this.#parts
    reconciler.forgive(realm.id, deployment.id)
    const release = reconciler.hold(realm.id, deployment.id)
    try {
      await fleet.load(await planner.plan(realm, deployment))
      const entry = {
        caller,
        action: 'deployment.live',
        target: realm.id,
        details: { deployment: deployment.id, before: realm.deployment },
      }
      await change(context, entry, async (transaction) => {
        await also(transaction)
        await switchPointer(transaction, context.clock.nowMs(), realm.id, deployment.id)
      })
      await routes.realm(realm.id)
      await shared.sync(realm.id)
    } finally {
      release()
    }
  }

  async #realm(id: string): Promise<RealmRow> {
    const realm: RealmRow | undefined = await this.#parts.context.db('realms').where({ id }).first()
    if (realm) return realm
    throw new PlatformError('NOT_FOUND', 'The realm was deleted meanwhile')
  }

  async #requireFiles(realm: string, artifact: Artifact): Promise<void> {
    const { refs } = this.#parts
    const digests = [...new Set(artifact.files.map((file) => file.digest))]
    const missing = new Set(await missingRefs(refs, realm, digests))
    if (missing.size === 0) return
    const paths = artifact.files.filter((file) => missing.has(file.digest)).map((file) => file.path)
    throw new PlatformError(
      'NOT_FOUND',
      `${paths.length} files were not uploaded, the first is ${paths[0]}; upload them and deploy again`,
      { details: { paths: paths.slice(0, 100) } },
    )
  }

  async #storeArtifact(realm: string, id: string, text: string): Promise<void> {
    const { blobs, refs } = this.#parts
    const bytes = Buffer.from(text)
    await blobs.put(oneChunk(bytes), { digest: id })
    await refs.add(realm, id, bytes.length)
  }

  async #createClasses(realm: string, classes: string[]): Promise<void> {
    const { objects } = this.#parts
    const there = new Set(await objects.listClasses(realm))
    const missing = classes.filter((name) => !there.has(name))
    if (missing.length === 0) return
    const operations = missing.map(
      (className): Operation => ({ op: 'createClass', className, ifMissing: true }),
    )
    await objects.batch(realm, await objects.epoch(realm), operations)
  }

  async #answer(
    realm: RealmRow,
    deployment: string,
    { startMs, changed, created }: { startMs: number; changed: boolean; created: boolean },
  ): Promise<WentLive> {
    const { context, urls } = this.#parts
    const key = await firstKey(context.db, realm.id)
    return {
      realm: realm.name,
      realmId: realm.id,
      alias: key?.alias ?? null,
      key: key?.id ?? null,
      deployment,
      url: key && urls.url(key, realm),
      origin: key && urls.origin(key.alias),
      ms: Math.round((context.clock.monotonicMs() - startMs) * 10) / 10,
      changed,
      created,
    }
  }
}

/** Those of these blobs that the realm does not hold. */
export async function missingRefs(refs: BlobRefs, realm: string, digests: string[]): Promise<string[]> {
  const missing: string[] = []
  for (let start = 0; start < digests.length; start += LOOKUPS_AT_ONCE) {
    const some = digests.slice(start, start + LOOKUPS_AT_ONCE)
    const held = await Promise.all(some.map((digest) => refs.has(realm, digest)))
    missing.push(...some.filter((_, index) => !held[index]))
  }
  return missing
}

async function insertDeployment(
  db: Knex.Transaction,
  { nowMs, caller, realm }: { nowMs: number; caller: Caller; realm: string },
  { id, kind, limits, env }: LoadableDeployment,
  { files }: Artifact,
  artifactBytes: number,
): Promise<void> {
  const digests = [...new Set([id, ...files.map((file) => file.digest)])]
  await db('deployments').insert({
    ...{ realm, id, kind, limits },
    env: JSON.stringify(env),
    files: files.length,
    bytes: artifactBytes + files.reduce((sum, file) => sum + file.size, 0),
    created_by: caller.name,
    created_at_ms: nowMs,
  })
  const rows = digests.map((digest) => ({ realm, deployment: id, digest }))
  await db.batchInsert('deployment_blobs', rows, 100)
}

/**
 * `live_order` is the history that rollbacks walk: a deploy puts the one it replaces and itself at its end; a rollback leaves it
 * as it is, so that the next one goes further back instead of forth again.
 */
async function switchPointer(db: Knex.Transaction, nowMs: number, realm: string, id: string): Promise<void> {
  await db('deployments').where({ realm, id }).update({ live_at_ms: nowMs })
  const switched = await db('realms').where({ id: realm }).update({ deployment: id })
  if (switched === 0) throw new PlatformError('NOT_FOUND', 'The realm was deleted meanwhile')
}

async function appendToHistory(db: Knex.Transaction, realm: RealmRow, id: string): Promise<void> {
  const of = () => db('deployments').where({ realm: realm.id })
  const row: { last?: number | null } | undefined = await of().max({ last: 'live_order' }).first()
  const last = row?.last ?? 0
  if (realm.deployment !== null)
    await of()
      .where({ id: realm.deployment })
      .update({ live_order: last + 1 })
  await of()
    .where({ id })
    .update({ live_order: last + 2 })
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
