import { type FromCell, PlatformError } from '@openzimki/core'
import { parseUsageWindow } from '@openzimki/meter'
import { z } from 'zod'

const MAX_ISOLATES = 20_000
const MAX_LOG_ENTRIES = 5_000

/** Texts are a program's own and of any length: what is too long is cut, not punished. */
const MAX_TEXT_CHARS = 8 * 1024

const cutText = z.string().transform((text) => text.slice(0, MAX_TEXT_CHARS))
const whole = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const amount = z.number().nonnegative()
const name = z.string().min(1).max(128)

/** Of requests that one isolate works on at once, or of isolates that one deployment has. */
const MAX_PLACES = 64

const loadSums = z.object({
  entered: amount,
  waitedMs: amount,
  busyMs: amount,
  cpuMs: amount,
  places: z.number().int().min(1).max(MAX_PLACES),
})

const isolateReport = z.object({
  realm: name,
  deployment: name,
  heapBytes: amount,
  active: whole,
  overrunMs: amount,
  idleMs: amount,
  sums: loadSums.optional(),
})

const logEntry = z.object({
  timeMs: amount,
  realm: name,
  deployment: name,
  request: name.nullable(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  text: cutText,
})

const error = z.object({
  code: z.string().max(64),
  message: cutText,
  details: z.record(z.string().max(256), z.unknown()).optional(),
})

const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), pid: whole }),
  z.object({ type: z.literal('loaded'), id: whole, ms: amount }),
  z.object({ type: z.literal('load-failed'), id: whole, error }),
  z.object({
    type: z.literal('pong'),
    id: whole,
    rssBytes: amount,
    isolates: z.array(isolateReport).max(MAX_ISOLATES),
  }),
  z.object({ type: z.literal('usage'), window: z.unknown() }),
  z.object({ type: z.literal('log'), entries: z.array(logEntry).max(MAX_LOG_ENTRIES) }),
])

/**
 * Takes what a cell says; it may be under a stranger's control. Bounded in size by the channel, in shape here; whether the
 * cell may say so of *these* realms is judged by Cell. PROTOCOL, naming what is wrong.
 */
export function parseCellMessage(value: unknown): FromCell {
  const parsed = message.safeParse(value)
  if (!parsed.success) throw new PlatformError('PROTOCOL', describe(parsed.error))
  const { data } = parsed
  if (data.type === 'usage') return { type: 'usage', window: parseWindow(data.window) }
  if (data.type === 'load-failed') {
    return { ...data, error: PlatformError.fromJSON(data.error).toJSON() }
  }
  return data
}

function parseWindow(value: unknown) {
  try {
    return parseUsageWindow(value)
  } catch (thrown) {
    throw new PlatformError('PROTOCOL', PlatformError.from(thrown).message, { cause: thrown })
  }
}

function describe(wrong: z.ZodError): string {
  const [first] = wrong.issues
  return first ? `${first.path.join('.') || 'message'}: ${first.message}`.slice(0, 300) : 'malformed message'
}
