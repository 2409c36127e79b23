import { PlatformError } from '@openzimki/core'

/** `2026-11-22 17:53:26Z`: short, sorts, and the zone is plain. */
export function timeText(timeMs: number | null): string {
  return timeMs === null
    ? '-'
    : new Date(timeMs)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z')
}

/**
 * A moment from the command line: ISO 8601 date or date and time, in UTC unless it has a zone, or milliseconds since 1970.
 * Errors: INVALID_ARGUMENT.
 */
export function parseTime(text: string, option: string): number {
  const zoned = /^\d{4}-\d\d-\d\d[T ][\d:.]+$/.test(text) ? `${text.replace(' ', 'T')}Z` : text
  const timeMs = /^\d{6,}$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d/.test(text)
      ? Date.parse(zoned)
      : Number.NaN
  if (Number.isSafeInteger(timeMs)) return timeMs
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `${option} ${text} is no time. Write 2026-11-22 or 2026-11-22T18:00.`,
    {
      details: { usage: true },
    },
  )
}
