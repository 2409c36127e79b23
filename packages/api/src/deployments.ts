import { z } from 'zod'
import { ARTIFACT_BOUNDS, artifact } from './artifact.ts'
import { digest, flag, pageOf, pageQuery, realmParams, timeMs, uuid } from './fields.ts'
import { defineRoutes } from './route.ts'

export const deployment = z.object({
  id: digest,
  realm: uuid,
  kind: z.enum(['script', 'module']),
  live: z.boolean(),
  /** When it was first handed in. */
  createdAtMs: timeMs,
  /** When it last went live; null: never. */
  liveAtMs: timeMs.nullable(),
  /** Token's name or system that handed it in. */
  createdBy: z.string(),
  files: z.number().int(),
  bytes: z.number().int(),
})
export type Deployment = z.output<typeof deployment>

/** What a deploy or a rollback answers. */
export const wentLive = z.object({
  /** Name of the realm. */
  realm: z.string(),
  realmId: uuid,
  alias: z.string().nullable(),
  key: uuid.nullable(),
  deployment: digest,
  url: z.string().nullable(),
  origin: z.string().nullable(),
  /** Milliseconds on the server until it was live. */
  ms: z.number(),
  /** False: this very deployment was live already. */
  changed: z.boolean(),
  /** True: the realm did not exist before. */
  created: z.boolean(),
})
export type WentLive = z.output<typeof wentLive>

const create = z.strictObject({ create: flag.default(false) })
const one = realmParams.extend({ deployment: digest })

export const deploymentRoutes = defineRoutes({
  missingBlobs: {
    method: 'POST',
    path: '/realms/:realm/blobs/missing',
    summary:
      'Say which of these files the realm does not have yet; with create=true the realm may not exist yet',
    access: 'account',
    params: realmParams,
    query: create,
    body: z.strictObject({ digests: z.array(digest).max(ARTIFACT_BOUNDS.files) }),
    bodyBytes: 1024 * 1024,
    answer: z.object({ missing: z.array(digest) }),
    errors: ['NOT_FOUND'],
  },
  putBlob: {
    method: 'PUT',
    path: '/realms/:realm/blobs/:digest',
    summary: 'Upload the bytes of a file; with create=true a realm that does not exist is created',
    access: 'account',
    params: realmParams.extend({ digest }),
    query: create,
    body: 'bytes',
    answer: z.object({ digest, size: z.number().int() }),
    errors: ['NOT_FOUND'],
  },
  create: {
    method: 'POST',
    path: '/realms/:realm/deployments',
    summary: 'Deploy: check, load, and only then switch the realm to this artifact',
    access: 'account',
    params: realmParams,
    query: create,
    body: artifact,
    bodyBytes: 64 * 1024 * 1024,
    answer: wentLive,
    errors: ['NOT_FOUND', 'SCRIPT_ERROR', 'QUARANTINED', 'NO_CAPACITY', 'TIMEOUT', 'CONFLICT'],
  },
  list: {
    method: 'GET',
    path: '/realms/:realm/deployments',
    summary: 'List deployments, newest first',
    access: 'account',
    params: realmParams,
    query: pageQuery,
    answer: pageOf(deployment),
    errors: ['NOT_FOUND'],
  },
  live: {
    method: 'GET',
    path: '/realms/:realm/deployments/live',
    summary: 'Show the live deployment',
    access: 'account',
    params: realmParams,
    answer: deployment,
    errors: ['NOT_FOUND'],
  },
  get: {
    method: 'GET',
    path: '/realms/:realm/deployments/:deployment',
    summary: 'Show a deployment',
    access: 'account',
    params: one,
    answer: deployment,
    errors: ['NOT_FOUND'],
  },
  rollback: {
    method: 'POST',
    path: '/realms/:realm/rollback',
    summary: 'Go live with the previous deployment, or with the one named',
    access: 'account',
    params: realmParams,
    body: z.strictObject({ deployment: digest.optional() }),
    answer: wentLive,
    errors: ['NOT_FOUND', 'SCRIPT_ERROR', 'QUARANTINED', 'NO_CAPACITY', 'TIMEOUT', 'CONFLICT'],
  },
  delete: {
    method: 'DELETE',
    path: '/realms/:realm/deployments/:deployment',
    summary: 'Delete a deployment that is not live',
    access: 'account',
    params: one,
    answer: null,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
})
