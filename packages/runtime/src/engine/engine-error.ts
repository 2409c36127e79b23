import { PlatformError } from '@openzimki/core'

interface Limits {
  timeoutMs: number
  memoryMb: number
}

const POSITION = /\[?((?:javascript|library|unittests|[\w.@/-]+\.m?[jt]s)[^\s:[\]()]*):(\d+):(\d+)\]?/

/** What isolated-vm threw, in our codes; a limit is named by its key in RealmLimits. */
export function engineError(thrown: unknown, limits: Limits): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  // Not instanceof: an error of another context has another Error.
  const isError = typeof thrown === 'object' && thrown !== null && 'message' in thrown
  const { name, message, stack } = isError
    ? (thrown as Error)
    : { name: '', message: String(thrown), stack: '' }
  if (/execution timed out/.test(message))
    return limit('cpuMs', `stopped: it ran longer than ${cpuLimit(limits.timeoutMs)}`, stack)
  if (/disposed|memory limit|array buffer allocation failed/i.test(message))
    return limit(
      'memoryMb',
      `stopped: it used more than its limit of ${limits.memoryMb} MB of memory (memoryMb)`,
      stack,
    )
  return scriptError(name, message, stack ?? '')
}

/** It could not be stopped at its limit. Of several that were sent together, nobody knows which. */
export function stuckError(timeoutMs: number, together: number): PlatformError {
  const who = together > 1 ? 'it, or a request that was run together with it,' : 'it'
  return limit(
    'cpuMs',
    `given up: ${who} ran longer than ${cpuLimit(timeoutMs)} and could not be stopped`,
    '',
  )
}

/** For whatever else was in the isolate: it may be asked again elsewhere. */
export const stuckWithOthers = (timeoutMs: number): PlatformError =>
  new PlatformError(
    'UNAVAILABLE',
    `another request of the application ran longer than ${cpuLimit(timeoutMs)} and could not be stopped: try again`,
  )

const cpuLimit = (timeoutMs: number): string => `its limit of ${Math.round(timeoutMs)} ms of CPU (cpuMs)`

function limit(name: string, message: string, stack: string | undefined): PlatformError {
  return new PlatformError('LIMIT_EXCEEDED', message, { details: { limit: name, stack: stack ?? '' } })
}

function scriptError(name: string, rawMessage: string, stack: string): PlatformError {
  const position = POSITION.exec(rawMessage) ?? POSITION.exec(stack)
  const message = rawMessage.replace(/\s*\[[^\]\s]+:\d+:\d+\]$/, '')
  const [, file, line, column] = position ?? []
  const where = file ? `${file}:${line}:${column}: ` : ''
  const text = name && name !== 'Error' ? `${name}: ${message}` : message
  return new PlatformError('SCRIPT_ERROR', `${where}${text}${e4xHint(message)}`, {
    details: { stack, ...(file ? { file, line: Number(line), column: Number(column) } : {}) },
  })
}

/** E4X was part of JavaScript in 2006 and is gone. */
function e4xHint(message: string): string {
  return /Unexpected token '<'/.test(message)
    ? '. XML literals (E4X) are no longer part of JavaScript: build the text with strings or a template'
    : ''
}
