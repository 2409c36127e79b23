import { e4xHint, PlatformError } from '@openzimki/core'

/** What the platform itself runs in an isolate is no place that an author can mend. */
const OWN_FRAMES = /^\s*at (?:.*\()?prelude\.js:\d+:\d+\)?$/gm

interface Ran {
  /** Of CPU. */
  limitMs: number
  /** By the clock, and the CPU that it had meanwhile. */
  timeoutMs: number
  ranMs: number
  memoryMb: number
  /** What was compiled; empty for what was not. */
  source: string
}

const POSITION = /\[?((?:javascript|library|unittests|[\w.@/-]+\.m?[jt]s)[^\s:[\]()]*):(\d+):(\d+)\]?/

/** What isolated-vm threw, in our codes; a limit is named by its key in RealmLimits. */
export function engineError(thrown: unknown, ran: Ran): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  // Not instanceof: an error of another context has another Error.
  const isError = typeof thrown === 'object' && thrown !== null && 'message' in thrown
  const { name, message, stack } = isError
    ? (thrown as Error)
    : { name: '', message: String(thrown), stack: '' }
  if (/execution timed out/.test(message)) return limit('cpuMs', stopped(ran), stack)
  if (/disposed|memory limit|array buffer allocation failed/i.test(message))
    return limit(
      'memoryMb',
      `stopped: it used more than its limit of ${ran.memoryMb} MB of memory (memoryMb)`,
      stack,
    )
  return scriptError({ name, message, stack: stack ?? '' }, ran.source)
}

/** Less of its limit says that it was the host that had no time. */
const SHARE_OF_LIMIT = 0.8

/** By the clock: it is told when that was not for what it ran. */
function stopped({ limitMs, timeoutMs, ranMs }: Ran): string {
  if (ranMs >= limitMs * SHARE_OF_LIMIT) return `stopped: it ran longer than ${cpuLimit(limitMs)}`
  const had = `it had ${Math.round(ranMs)} ms of CPU in ${timeoutMs} ms`
  return `stopped: ${had}, because the machine is busy, and gets no longer for ${cpuLimit(limitMs)}: try again`
}

/** It could not be stopped at its limit. Of several that were sent together, nobody knows which. */
export function stuckError(limitMs: number, together: number): PlatformError {
  const who = together > 1 ? 'it, or a request that was run together with it,' : 'it'
  return limit('cpuMs', `given up: ${who} ran longer than ${cpuLimit(limitMs)} and could not be stopped`, '')
}

/** For whatever else was in the isolate: it may be asked again elsewhere. */
export const stuckWithOthers = (limitMs: number): PlatformError =>
  new PlatformError(
    'UNAVAILABLE',
    `another request of the application ran longer than ${cpuLimit(limitMs)} and could not be stopped: try again`,
  )

const cpuLimit = (limitMs: number): string => `its limit of ${Math.round(limitMs)} ms of CPU (cpuMs)`

function limit(name: string, message: string, stack: string | undefined): PlatformError {
  return new PlatformError('LIMIT_EXCEEDED', message, { details: { limit: name, stack: stack ?? '' } })
}

interface Thrown {
  name: string
  message: string
  stack: string
}

function scriptError({ name, message: told, stack }: Thrown, source: string): PlatformError {
  const position = POSITION.exec(told) ?? POSITION.exec(stack.replace(OWN_FRAMES, ''))
  const message = told.replace(/\s*\[[^\]\s]+:\d+:\d+\]$/, '')
  const [, file, line, column] = position ?? []
  const where = file ? `${file}:${line}:${column}: ` : ''
  const text = name && name !== 'Error' ? `${name}: ${message}` : message
  return new PlatformError('SCRIPT_ERROR', `${where}${text}${e4xHint(message, source)}`, {
    details: { stack, ...(file ? { file, line: Number(line), column: Number(column) } : {}) },
  })
}
