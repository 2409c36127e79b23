import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { type CheckedDockerConfig, checkConfig, type DockerConfig } from './config.ts'
import { openEngine } from './connection/open-engine.ts'
import { ownerFilter, readLabels } from './machine-labels.ts'

export interface MachineWatcher {
  /** Lets go of the engine. May be repeated. */
  close(): void
}

export interface WatchHandlers {
  /** Something happened to this machine (it started, ended, was removed): look at it. */
  onChange(id: string): void
  /** From now on nothing is missed; what happened before was. Called at the first connection and after every cut: look at all. */
  onConnected(): void
  /** The engine cannot be heard; it is tried again until it can. */
  onLost?(error: unknown): void
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

const eventSchema = z.object({
  Type: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
})

/**
 * Hears of this owner's machines from the engine itself; nothing is polled. Of a Swarm it hears what happens on the node that it is
 * connected to. INVALID_ARGUMENT for a config that cannot work.
 */
export function watchMachines(config: DockerConfig, handlers: WatchHandlers): MachineWatcher {
  const checked = checkConfig(config)
  const closing = new AbortController()
  void watch(checked, handlers, closing.signal)
  return { close: () => closing.abort() }
}

async function watch(
  config: CheckedDockerConfig,
  handlers: WatchHandlers,
  signal: AbortSignal,
): Promise<void> {
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      await hear(config, signal, {
        ...handlers,
        onConnected: () => {
          retryMs = FIRST_RETRY_MS
          handlers.onConnected()
        },
      })
    } catch (thrown) {
      if (signal.aborted) return
      handlers.onLost?.(thrown)
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined)
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
  }
}

/** Until the engine hangs up. */
async function hear(
  config: CheckedDockerConfig,
  signal: AbortSignal,
  handlers: WatchHandlers,
): Promise<void> {
  const { docker, close } = openEngine(config.connection)
  try {
    const filters = JSON.stringify({ type: ['container'], label: [ownerFilter(config.owner)] })
    const events = (await docker.getEvents({ filters, abortSignal: signal })) as Readable
    signal.addEventListener('abort', () => events.destroy(), { once: true })
    handlers.onConnected()
    for await (const line of createInterface({ input: events })) {
      const id = machineOf(line, config.owner)
      if (id !== null) handlers.onChange(id)
    }
  } finally {
    close()
  }
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
