import { PlatformError } from '@openzimki/core'
import { z } from 'zod'
import type { Operation, Query, Terms } from '../contract.ts'
import type { StoreCalls } from './store-calls.ts'

const capability = z.string().max(2_000)
const realm = z.string().max(128)
const className = z.string().max(64)
const digest = z.string().max(64)
const whole = z.int().min(0)
const opened = z.object({ capability })
const inRealm = z.object({ capability, realm })
const page = { after: z.string().max(64).optional(), limit: whole.optional() }

/** Checked whole by the store itself, which does not trust local callers either. */
const inner = <T>() => z.custom<T>((value) => typeof value === 'object' && value !== null)

/** The params that the other side may send. Whatever else is in them is left out. */
const SHAPES: { [M in keyof StoreCalls]: z.ZodType<StoreCalls[M][0]> } = {
  'objects.listClasses': inRealm,
  'objects.get': inRealm.extend({ className, id: z.string().max(100) }),
  'objects.search': inRealm.extend({ className, query: inner<Query>() }),
  'objects.count': inRealm.extend({ className, terms: inner<Terms>() }),
  'objects.batch': inRealm.extend({ epoch: whole, operations: inner<Operation[]>() }),
  'objects.journal': inRealm.extend({ afterSequence: whole, limit: whole.optional() }),
  'objects.trimJournal': inRealm.extend({ beforeSequence: whole }),
  'objects.epoch': inRealm,
  'objects.advanceEpoch': inRealm.extend({ expected: whole }),
  'objects.copyRealm': inRealm.extend({ to: realm }),
  'objects.deleteRealm': inRealm,
  'objects.usage': inRealm,
  'objects.sweep': opened.extend({ limit: whole.optional() }),
  'blobs.put': opened.extend({ digest: digest.optional(), maxBytes: whole.optional() }),
  'blobs.get': opened.extend({ digest, start: whole.optional(), end: whole.optional() }),
  'blobs.stat': opened.extend({ digest }),
  'blobs.delete': opened.extend({ digest, unlessStoredSinceMs: whole.optional() }),
  'blobs.list': opened.extend(page),
  'refs.add': inRealm.extend({ digest, size: whole }),
  'refs.has': inRealm.extend({ digest }),
  'refs.remove': inRealm.extend({ digest }),
  'refs.list': inRealm.extend(page),
  'refs.bytes': inRealm,
  'refs.isHeld': opened.extend({ digest }),
}

/** INVALID_ARGUMENT for params that are not those of the call. */
export function checkParams<M extends keyof StoreCalls>(method: M, params: unknown): StoreCalls[M][0] {
  const parsed = SHAPES[method].safeParse(params)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `the params of ${method} are wrong at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'unknown'}`,
  )
}
