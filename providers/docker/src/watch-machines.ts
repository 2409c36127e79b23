import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { z } from 'zod'
import { ownerFilter, readLabels } from './machine-labels.ts'

const eventSchema = z.object({
  Type: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
})

/** Hears of this owner's machines from the engine itself; nothing is polled. See the contract's `watch`; ends when the engine hangs up. */
export async function* watchMachines(
  docker: Docker,
  owner: string,
  signal: AbortSignal,
): AsyncGenerator<string | null> {
  const filters = JSON.stringify({ type: ['container'], label: [ownerFilter(owner)] })
  const since = await timeOf(docker)
  const events = (await docker.getEvents({ filters, since, abortSignal: signal })) as Readable
  const stop = () => events.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    // It answers before it listens for us, but tells what happened since it was asked for its time.
    yield null
    for await (const line of createInterface({ input: events })) {
      const id = machineOf(line, owner)
      if (id !== null) yield id
    }
  } finally {
    signal.removeEventListener('abort', stop)
    events.destroy()
  }
}

/** The engine's own, in seconds: its host may have another than ours. */
async function timeOf(docker: Docker): Promise<number | undefined> {
  const { SystemTime } = (await docker.info()) as { SystemTime?: string }
  const nowMs = Date.parse(SystemTime ?? '')
  return Number.isNaN(nowMs) ? undefined : nowMs / 1_000
}

/** Null: it is none of ours, or not for us. */
function machineOf(line: string, owner: string): string | null {
  const event = eventSchema.safeParse(parsed(line))
  if (!event.success) return null
  return readLabels(event.data.Actor.Attributes, owner)?.id ?? null
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
