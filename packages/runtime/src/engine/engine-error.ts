import { e4xHint, PlatformError } from '@openzimki/core'

/** What the platform itself runs in an isolate is no place that an author can mend. */
const OWN_FRAMES = /^\s*at (?:.*\()?prelude\.js:\d+:\d+\)?$/gm

interface Ran {
  timeoutMs: number
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
  if (/execution timed out/.test(message))
    return limit(
      'cpuMs',
      `stopped: it ran longer than its limit of ${Math.round(ran.timeoutMs)} ms of CPU (cpuMs)`,
      stack,
    )
  if (/disposed|memory limit|array buffer allocation failed/i.test(message))
    return limit(
      'memoryMb',
      `stopped: it used more than its limit of ${ran.memoryMb} MB of memory (memoryMb)`,
      stack,
    )
  return scriptError({ name, message, stack: stack ?? '' }, ran.source)
}

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
