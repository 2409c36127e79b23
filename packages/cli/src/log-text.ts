import type { LogLine } from '@openzimki/api'
import { printable } from './printable.ts'
import { timeText } from './time-text.ts'

/** One log line for people; further lines of the same text are indented, so that none can pass for an entry of its own. */
export function logText({ timeMs, level, text }: LogLine): string {
  return `${timeText(timeMs)} ${level.padEnd(5)} ${printable(text.trimEnd()).replaceAll('\n', '\n    ')}`
}
