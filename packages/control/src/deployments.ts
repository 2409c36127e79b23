import { ARTIFACT_BOUNDS, type Deployment, type Page, type WentLive } from '@openzimki/api'
import { type Artifact, PlatformError } from '@openzimki/core'
import type { BlobRefs, BlobStore, ObjectStore } from '@openzimki/store'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { DeploymentRow, RealmRow } from './database/rows.ts'
import { type Deployer, missingRefs } from './deploy/deployer.ts'
import { findRealm, requireRealm } from './find-realm.ts'
import type { RealmService } from './realms.ts'
import { noClass } from './users.ts'

export interface DeploymentServiceParts {
  context: ControlContext
  objects: ObjectStore
  blobs: BlobStore
  refs: BlobRefs
  realms: RealmService
  deployer: Deployer
  /** A deployment that was deleted is taken out of its cell. */
  unload: (realm: string, deployment: string) => Promise<void>
}

/** Deployments: what a realm ran, runs and may run again. */
export class DeploymentService {
  readonly #parts: DeploymentServiceParts

  constructor(parts: DeploymentServiceParts) {
    this.#parts = parts
  }

  /** What the realm does not hold. That another realm holds it makes no difference, and is not told. */
  async missingBlobs(
    caller: Caller,
    reference: string,
    create: boolean,
    digests: string[],
  ): Promise<string[]> {
    const { context, refs } = this.#parts
    const realm = create
      ? await findRealm(context.db, caller, reference)
      : await requireRealm(context.db, caller, reference)
    const unique = [...new Set(digests)]
    return realm ? missingRefs(refs, realm.id, unique) : unique
  }

  /** INVALID_ARGUMENT when the bytes are not those of the digest; TOO_LARGE. Nothing is kept then. */
  async putBlob(
    caller: Caller,
    reference: string,
    create: boolean,
    digest: string,
    content: AsyncIterable<Uint8Array>,
  ): Promise<{ digest: string; size: number }> {
    const { realms, blobs, refs } = this.#parts
    const { realm } = await realms.ensureRow(caller, reference, create)
    const stored = await blobs.put(content, { digest, maxBytes: ARTIFACT_BOUNDS.fileBytes })
    await refs.add(realm.id, stored.digest, stored.size)
    return stored
  }

  async create(caller: Caller, reference: string, create: boolean, artifact: Artifact): Promise<WentLive> {
    const { realm, created } = await this.#parts.realms.ensureRow(caller, reference, create)
    return this.#parts.deployer.deploy(caller, realm, created, artifact)
  }

  async rollback(caller: Caller, reference: string, deployment: string | undefined): Promise<WentLive> {
    const realm = await requireRealm(this.#parts.context.db, caller, reference)
    return this.#parts.deployer.rollback(caller, realm, deployment ?? null)
  }

  /** Newest first. */
  async list(caller: Caller, reference: string, page: PageRequest): Promise<Page<Deployment>> {
    const { db } = this.#parts.context
    const realm = await requireRealm(db, caller, reference)
    const query = db('deployments').where({ realm: realm.id })
    return readPage<DeploymentRow, Deployment>(query, page, (row) => show(realm, row), 'desc')
  }

  async get(caller: Caller, reference: string, id: string): Promise<Deployment> {
    const realm = await requireRealm(this.#parts.context.db, caller, reference)
    return show(realm, await this.#require(realm, id))
  }

  async live(caller: Caller, reference: string): Promise<Deployment> {
    const realm = await requireRealm(this.#parts.context.db, caller, reference)
    if (realm.deployment === null)
      throw new PlatformError('NOT_FOUND', `Nothing is deployed in ${realm.name} yet`)
    return show(realm, await this.#require(realm, realm.deployment))
  }

  /** CONFLICT for the live one. Files that nothing of the realm uses any more are let go. */
  async delete(caller: Caller, reference: string, id: string): Promise<void> {
    const { context, unload } = this.#parts
    const realm = await requireRealm(context.db, caller, reference)
    await this.#require(realm, id)
    const entry = { caller, action: 'deployment.delete', target: realm.id, details: { deployment: id } }
    const unused = await change(context, entry, async (transaction) => {
      const [live] = await transaction('realms').where({ id: realm.id, deployment: id })
      if (live) throw new PlatformError('CONFLICT', 'The deployment is live; go live with another one first')
      const mine = transaction('deployment_blobs').where({ realm: realm.id, deployment: id })
      const digests: { digest: string }[] = await mine.clone().select('digest')
      await mine.delete()
      await transaction('deployments').where({ realm: realm.id, id }).delete()
      const kept: { digest: string }[] = await transaction('deployment_blobs')
        .where({ realm: realm.id })
        .select('digest')
      const used = new Set(kept.map((row) => row.digest))
      return digests.map((row) => row.digest).filter((digest) => !used.has(digest))
    })
    await unload(realm.id, id)
    for (const digest of unused) await this.#letGo(realm.id, digest)
  }

  /** The program may have made a file of the same bytes. */
  async #letGo(realm: string, digest: string): Promise<void> {
    const { objects, refs } = this.#parts
    const query = { terms: { digest }, page: 1, perPage: 1 }
    const made = await objects.search(realm, 'zimki_file', query).catch(noClass)
    if (!made?.length) await refs.remove(realm, digest)
  }

  async #require(realm: RealmRow, id: string): Promise<DeploymentRow> {
    const { db } = this.#parts.context
    const row: DeploymentRow | undefined = await db('deployments').where({ realm: realm.id, id }).first()
    if (row) return row
    throw new PlatformError('NOT_FOUND', `The realm ${realm.name} has no deployment ${id}`)
  }
}

const show = (realm: RealmRow, row: DeploymentRow): Deployment => ({
  id: row.id,
  realm: row.realm,
  kind: row.kind,
  live: realm.deployment === row.id,
  createdAtMs: row.created_at_ms,
  liveAtMs: row.live_at_ms,
  createdBy: row.created_by,
  files: row.files,
  bytes: row.bytes,
})
