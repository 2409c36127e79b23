/** Measures taken of one thing, in the order they were taken. */
export type Rounds<T> = Map<string, T[]>

/**
 * Measures each of the named things once a round, for so many rounds, beginning with another one each time: whatever the machine
 * does meanwhile meets all of them alike.
 */
export async function interleave<T>(
  names: readonly string[],
  rounds: number,
  measure: (name: string, round: number) => Promise<T>,
): Promise<Rounds<T>> {
  const results: Rounds<T> = new Map(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      results.get(name)?.push(await measure(name, round))
    }
  }
  return results
}
