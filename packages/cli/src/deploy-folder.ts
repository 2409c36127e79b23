import { createReadStream } from 'node:fs'
import type { Client, WentLive } from '@openzimki/api'
import { mapBounded } from './map-bounded.ts'
import type { RealmFolder } from './realm-folder/read-realm-folder.ts'

/** Uploads at once. */
const UPLOADS_AT_ONCE = 4

export interface DeployOptions {
  /** Name or UUID; a realm that does not exist is created. */
  realm: string
  signal?: AbortSignal
  /** Told before each upload. */
  onUpload?: (path: string) => void
}

/**
 * Puts a folder live: uploads the files that the realm does not have, then the artifact. Resolves when it answers requests; when anything
 * is wrong with it, the version before stays live. Errors: those of the API's `deployments.create`.
 */
export async function deployFolder(
  client: Client,
  { artifact, blobs }: RealmFolder,
  options: DeployOptions,
): Promise<WentLive> {
  const { signal } = options
  const base = { query: { create: true }, ...(signal ? { signal } : {}) }
  const params = { realm: options.realm }
  if (blobs.size > 0) {
    const { missing } = await client.deployments.missingBlobs({
      ...base,
      params,
      body: { digests: [...blobs.keys()] },
    })
    const wanted = missing.filter((digest) => blobs.has(digest))
    await mapBounded(wanted, UPLOADS_AT_ONCE, async (digest) => {
      const path = blobs.get(digest)!
      options.onUpload?.(path)
      await client.deployments.putBlob({
        ...base,
        params: { ...params, digest },
        body: createReadStream(path),
      })
    })
  }
  return client.deployments.create({ ...base, params, body: artifact })
}
