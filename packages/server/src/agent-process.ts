import { mkdtempSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { AGENT_ENV } from '@openzimki/agent'

/**
 * The program on a machine that has an installation of OpenZimki: the agent, told what only this host knows, where the platform that
 * launched it did not say. That is where its sockets are and how a cell is started here.
 */

/** Longest path of a folder of sockets that every system takes, with room for our names. */
const MAX_RUN_PATH = 60

const { env } = process
if (!env[AGENT_ENV.runDir]) {
  const folder = process.cwd()
  const inside = join(folder, 'run')
  env[AGENT_ENV.runDir] = inside.length <= MAX_RUN_PATH ? inside : mkdtempSync(join(tmpdir(), 'zimki-'))
  // What outlives this process stays where the machine is.
  env[AGENT_ENV.stateDir] ??= join(folder, 'state')
}
if (!env[AGENT_ENV.cellCommand]) {
  const [{ cellCommand }, { cellEntryPath, ensurePreludes }] = await Promise.all([
    import('./cell-command.ts'),
    import('@openzimki/runtime'),
  ])
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'openzimki')
  const preludes = await ensurePreludes(cache)
  const store = env[AGENT_ENV.store] ?? ''
  const command = cellCommand({
    runDir: env[AGENT_ENV.runDir] ?? '',
    cache,
    program: cellEntryPath,
    snapshots: [preludes.script, preludes.module],
    storeSocket: store.startsWith('unix:') ? store.slice('unix:'.length) : null,
  })
  env[AGENT_ENV.cellCommand] = JSON.stringify(command)
}
await import('@openzimki/agent/agent-process')
