/** The first value of a header in a flat list of names and values; names are lower case. */
export function headerValue(headers: readonly string[], name: string): string | null {
  for (let index = 0; index + 1 < headers.length; index += 2)
    if (headers[index] === name) return headers[index + 1] ?? null
  return null
}
