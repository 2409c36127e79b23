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
    return limit(
      'cpuMs',
      `stopped: it ran longer than its limit of ${Math.round(limits.timeoutMs)} ms of CPU (cpuMs)`,
      stack,
    )
  if (/disposed|memory limit|array buffer allocation failed/i.test(message))
    return limit(
      'memoryMb',
      `stopped: it used more than its limit of ${limits.memoryMb} MB of memory (memoryMb)`,
      stack,
    )
  return scriptError(name, message, stack ?? '')
}

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
