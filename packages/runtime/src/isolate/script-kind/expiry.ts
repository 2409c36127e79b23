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
  const ms = msOf(expires, nowMs)
  if (Number.isFinite(ms)) return ms
  throw new RangeError(`expires: "${String(expires)}" is neither like "+10m" (s, m, h, d, M, y) nor a date`)
}

/** NaN for what is no time. */
function msOf(expires: unknown, nowMs: number): number {
  if (typeof expires === 'number') return expires
  if (expires instanceof Date) return expires.getTime()
  const text = String(expires)
  const relative = /^\+\s*(\d{1,6})\s*([smhdMy])$/.exec(text)
  if (relative) return later(nowMs, Number(relative[1]), relative[2]!)
  // V8 takes "+10" for a month of 2001, which would be the end of the object.
  return /^[^+]*\d{4}/.test(text) ? Date.parse(text) : Number.NaN
}

function later(nowMs: number, count: number, unit: string): number {
  const fixed = UNIT_MS[unit]
  if (fixed !== undefined) return nowMs + count * fixed
  const date = new Date(nowMs)
  if (unit === 'M') date.setUTCMonth(date.getUTCMonth() + count)
  else date.setUTCFullYear(date.getUTCFullYear() + count)
  return date.getTime()
}
