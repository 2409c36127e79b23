/** What stands in the lines of a spool, in order. A line that was cut short by a crash was never acknowledged to anyone and is left out. */
export function parseLines<T>(text: string, parse: (value: unknown) => T): T[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return []
    try {
      return [parse(JSON.parse(line))]
    } catch {
      return []
    }
  })
}
