import type { Client } from '@openzimki/api'
import type { CliIo } from './io.ts'
import { type Wait, withProgress } from './progress.ts'

type Call = (input?: unknown) => Promise<unknown>

/** The same client, which says on stderr when answers are long in coming. What it waits in all counts, not each call for itself. */
export function tellingClient(client: Client, io: CliIo, label: string): Client {
  const wait: Wait = { passedMs: 0, told: null }
  const telling =
    (call: Call): Call =>
    (input) =>
      withProgress(io, label, () => call(input), wait)
  return mapValues(client, (calls) => mapValues(calls as Record<string, Call>, telling)) as Client
}

const mapValues = <V, W>(values: Record<string, V>, change: (value: V) => W): Record<string, W> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]))
