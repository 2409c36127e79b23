import type { WriterRecord } from '../load/sent-request.ts'

/** Complaints about what is there of one writer: numbers that were acknowledged and are not, that are there twice, that nobody wrote. */
export function judgeWrites(
  { realm, writer, written, unsure }: WriterRecord,
  there: readonly number[],
): string[] {
  const counts = new Map<number, number>()
  for (const n of there) counts.set(n, (counts.get(n) ?? 0) + 1)
  const acknowledged = new Set(written.map(({ n }) => n))
  const tried = new Set([...acknowledged, ...unsure])
  const lost = [...acknowledged].filter((n) => !counts.has(n))
  const twice = [...counts].flatMap(([n, count]) => (count > 1 ? [n] : []))
  const foreign = [...counts.keys()].filter((n) => !tried.has(n))
  const say = (what: string, numbers: number[]) =>
    numbers.length === 0
      ? []
      : [`${realm} ${writer}: ${numbers.length} notes ${what}: ${numbers.slice(0, 10)}`]
  return [
    ...say('were acknowledged and are lost', lost),
    ...say('are there twice', twice),
    ...say('are there that nobody wrote', foreign),
  ]
}
