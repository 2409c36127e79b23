import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Flags of `zimki up` for these pools, which are written to a file; `remove` takes it away. */
export async function poolFlags(pools: unknown): Promise<{ flags: string[]; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-pools-'))
  const file = join(folder, 'pools.json')
  await writeFile(file, JSON.stringify(pools))
  return { flags: ['--pools', file], remove: () => rm(folder, { recursive: true }) }
}
