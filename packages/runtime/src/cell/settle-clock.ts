import type { RealmIsolate } from './realm-isolate.ts'

/** Counts a long run as it goes; what runs alone in its isolate is known by name. */
export function settleClock(isolate: RealmIsolate): void {
  if (isolate.host.busy === 0) return
  const [only] = isolate.requests.size === 1 ? isolate.requests.all() : []
  isolate.host.clock.settle(only?.id ?? null)
}
