import type { HostDoor } from '../host-door.ts'
import { formatLog } from './format-log.ts'
import { inspect } from './inspect.ts'
import { dateNow, jsonText } from './primordials.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'
export type Console = Record<string, (...args: unknown[]) => void>

/** Longer entries are cut: one entry is one message through the door. */
const MAX_TEXT = 64 * 1024

/** Writes one entry to the realm's log. */
export function writeLog(door: () => HostDoor, level: Level, text: string): void {
  const kept = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}... (${text.length} characters)` : text
  door().post('log', `{"level":${jsonText(level)},"text":${jsonText(kept)}}`)
}

/** https://console.spec.whatwg.org/, one log entry a call. Groups indent; tables are printed row by row. */
export function createConsole(door: () => HostDoor): Console {
  const counts = new Map<string, number>()
  const started = new Map<string, number>()
  let indent = ''
  const print = (level: Level, args: unknown[]): void => {
    const text = formatLog(args)
    writeLog(door, level, indent ? indent + text.replaceAll('\n', `\n${indent}`) : text)
  }
  const elapsed = (label: unknown, rest: unknown[]): void => {
    const startMs = started.get(`${label as string}`)
    if (startMs === undefined) print('warn', [`Timer '${label as string}' does not exist`])
    else print('info', [`${label as string}: ${dateNow() - startMs}ms`, ...rest])
  }
  const group = (...args: unknown[]): void => {
    if (args.length > 0) print('info', args)
    indent += '  '
  }
  return {
    log: (...args) => print('info', args),
    info: (...args) => print('info', args),
    debug: (...args) => print('debug', args),
    warn: (...args) => print('warn', args),
    error: (...args) => print('error', args),
    trace: (...args) => print('debug', [`Trace: ${formatLog(args)}\n${callers()}`]),
    dir: (value) => print('info', [inspect(value)]),
    dirxml: (...args) => print('info', args),
    table: (rows) => print('info', [typeof rows === 'object' && rows ? tableText(rows) : rows]),
    assert: (condition, ...args) => {
      if (condition) return
      if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`
      else args.unshift('Assertion failed')
      print('error', args)
    },
    count: (label = 'default') => {
      const count = (counts.get(`${label as string}`) ?? 0) + 1
      counts.set(`${label as string}`, count)
      print('info', [`${label as string}: ${count}`])
    },
    countReset: (label = 'default') => void counts.delete(`${label as string}`),
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2)
    },
    time: (label = 'default') => void started.set(`${label as string}`, dateNow()),
    timeLog: (label = 'default', ...rest) => elapsed(label, rest),
    timeEnd: (label = 'default') => {
      elapsed(label, [])
      started.delete(`${label as string}`)
    },
    clear: () => undefined,
  }
}

/** The stack without the platform's own frames at its top. */
function callers(): string {
  const { stack } = new Error('trace')
  return typeof stack === 'string' ? stack.split('\n').slice(3).join('\n') : ''
}

function tableText(rows: object): string {
  return Object.entries(rows)
    .map(([key, row]) => `${key}  ${inspect(row)}`)
    .join('\n')
}
