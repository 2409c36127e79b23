import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Infrastructure } from '../infrastructure/infrastructure.ts'
import { listProcesses } from '../processes/list-processes.ts'
import { PROCESSES_WITHIN_MS, untilNone } from '../processes/until-none.ts'
import type { ZimkiProcess } from '../processes/zimki-process.ts'

/** A look for strays comes every minute. */
const STRAYS_WITHIN_MS = 75_000

/** Machines that control does not know, or knows and are not there, once it has had its time. */
export async function findUnknownMachines(
  platform: ZimkiProcess,
  infrastructure: Infrastructure,
  data: string,
): Promise<string[]> {
  return untilNone(STRAYS_WITHIN_MS, async () => {
    const { items } = await platform.client.fleet.machines({ query: {} })
    const known = new Set(items.map(({ id }) => id))
    const there = await infrastructure.machines(data)
    const lacking = items.filter(({ id, state }) => state !== 'ready' || !there.includes(id))
    return [
      ...there.flatMap((id) => (known.has(id) ? [] : [`machine ${id}, which control does not know`])),
      ...lacking.map(({ id, state, reason }) => `machine ${id} is ${state}: ${reason ?? 'it is not there'}`),
    ]
  })
}

/** What is left when the platform has ended in order. */
export async function findLeftovers(infrastructure: Infrastructure, data: string): Promise<string[]> {
  const processes = await untilNone(PROCESSES_WITHIN_MS, async () =>
    (await listProcesses()).flatMap(({ pid, command, mentions }) =>
      pid !== process.pid && mentions(data) ? [`process ${pid}: ${command.slice(0, 200)}`] : [],
    ),
  )
  const run = (await readdir(join(data, 'run'))).filter((name) => name !== 'doors')
  const folders = run.map((name) => `folder ${name} of a machine's sockets and spool`)
  return [...processes, ...folders, ...(await infrastructure.leftovers(data))]
}
