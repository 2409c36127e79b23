const UNIT_MS: Record<string, number> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * `expires` as milliseconds since 1970, or null for never. Takes `"+10m"` (s, m, h, d, M months, y years),
 * a Date, an ISO 8601 text or milliseconds.
 */
export function expiryMs(expires: unknown, nowMs: number): number | null {
  if (expires === undefined || expires === null || expires === '') return null
  if (typeof expires === 'number') return expires
  if (expires instanceof Date) return expires.getTime()
  const relative = /^\+\s*(\d{1,6})\s*([smhdMy])$/.exec(String(expires))
  if (relative) return later(nowMs, Number(relative[1]), relative[2]!)
  const absolute = Date.parse(String(expires))
  if (!Number.isNaN(absolute)) return absolute
  throw new RangeError(`expires: "${String(expires)}" is neither like "+10m" (s, m, h, d, M, y) nor a date`)
}

function later(nowMs: number, count: number, unit: string): number {
  const fixed = UNIT_MS[unit]
  if (fixed !== undefined) return nowMs + count * fixed
  const date = new Date(nowMs)
  if (unit === 'M') date.setUTCMonth(date.getUTCMonth() + count)
  else date.setUTCFullYear(date.getUTCFullYear() + count)
  return date.getTime()
}
