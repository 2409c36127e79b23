const SECOND_MS = 1000

/** A time to the second, as the metadata service writes it. */
export const stamp = (ms: number): string =>
  new Date(Math.floor(ms / SECOND_MS) * SECOND_MS).toISOString().replace('.000Z', 'Z')
