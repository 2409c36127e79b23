import { PlatformError } from '@openzimki/core'
import { z } from 'zod'

const MIB = 1024 * 1024
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
/** Whole folders, so that the prefix `a` never holds what is of `ab`. */
const PREFIX = /^(?:[A-Za-z0-9!_.*'()-]+\/)*$/

const endpointSchema = z
  .url({ protocol: /^https?$/ })
  .refine((text) => isBare(new URL(text)), 'must be an origin: no path, no user, no password, no query')

const configSchema = z.strictObject({
  bucket: z.string().regex(BUCKET, 'must be the name of a bucket'),
  /** Folder within the bucket, with a slash at its end; each installation has its own. Empty: the whole bucket. */
  prefix: z
    .string()
    .max(200)
    .regex(PREFIX, 'must be folders of plain characters, each with a slash behind it')
    .refine((text) => !text.split('/').some((part) => part === '.' || part === '..'), 'must not have . or ..')
    .default(''),
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,40}$/, 'must be the name of a region')
    .optional(),
  /** Of another store than AWS: its origin. */
  endpoint: endpointSchema.optional(),
  /** `https://host/bucket/key` in place of `https://bucket.host/key`. Default: where there is an `endpoint`. */
  pathStyle: z.boolean().optional(),
  /** Lets requests, whose content anybody between can then read, go over plain HTTP to another machine. */
  allowHttp: z.boolean().default(false),
  /** For a store that does not check what it receives: each upload is read back before it counts. */
  readBack: z.boolean().default(false),
  /** `manage`: the bucket gets a rule that ends uploads which nobody finished; its other rules stay. */
  lifecycle: z.enum(['leave', 'manage']).default('leave'),
  /** Tries of each request, the first one among them. */
  maxAttempts: z.number().int().min(1).max(20).default(5),
  connectTimeoutMs: z.number().int().min(100).max(60_000).default(5_000),
  /** From the beginning of a request to the beginning of its answer: an upload of `partBytes` must fit in. */
  requestTimeoutMs: z.number().int().min(100).max(600_000).default(60_000),
  /** Without a byte; a reader that pauses for longer is connected again when it goes on. */
  idleTimeoutMs: z.number().int().min(100).max(600_000).default(30_000),
  /** Of an upload in parts; what is not larger is uploaded at once. S3 wants 5 MiB at least. */
  partBytes: z
    .number()
    .int()
    .min(5 * MIB)
    .max(64 * MIB)
    .default(8 * MIB),
})

export type S3Config = z.input<typeof configSchema>
export type CheckedS3Config = z.output<typeof configSchema>

/** All settings, defaults filled in. INVALID_ARGUMENT naming the setting; values are not in the message. */
export function checkConfig(config: unknown): CheckedS3Config {
  const parsed = configSchema.safeParse(config)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(`${issue?.path.join('.') || 'the settings'}: ${issue?.message ?? 'malformed'}`)
  }
  const { endpoint, allowHttp, pathStyle } = parsed.data
  if (endpoint && !allowHttp && !isPrivateWay(new URL(endpoint)))
    throw invalid(
      'endpoint: over plain HTTP anybody on the way can read all blobs; use https, or say that it may be (allowHttp)',
    )
  return { ...parsed.data, pathStyle: pathStyle ?? endpoint !== undefined }
}

const isBare = ({ username, password, pathname, search, hash }: URL): boolean =>
  [username, password, search, hash].every((part) => part === '') && pathname === '/'

function isPrivateWay({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

export const invalid = (message: string) => new PlatformError('INVALID_ARGUMENT', `blobs in S3: ${message}`)
