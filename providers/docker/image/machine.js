/**
 * What a container runs: the agent, told what only the image knows, which is how a cell is started here. Plain JavaScript beside
 * the image's own machine.json; whatever the environment says of these two is overruled.
 */
import { mkdirSync, readFileSync } from 'node:fs'

const app = import.meta.dirname
const { nodeFlags, snapshots } = JSON.parse(readFileSync(`${app}/machine.json`, 'utf8'))
const runDir = process.env.ZIMKI_AGENT_RUN_DIR ?? '/run/zimki/agent'
mkdirSync(runDir, { recursive: true, mode: 0o700 })

/**
 * Node's own permissions for a cell: no child processes, no threads, no file but its program, its sockets and the store's. Neither the
 * agent's key nor its spool.
 */
const store = process.env.ZIMKI_AGENT_STORE ?? ''
const storeSocket = store.startsWith('unix:') ? [store.slice('unix:'.length)] : []
const sockets = [`${runDir}/s/`, `${runDir}/empty/`, ...storeSocket]
const readable = [`${app}/`, '/etc/alpine-release', '/proc/self/task/', '/proc/loadavg', ...sockets]
const permissions = [
  '--permission',
  '--disable-warning=PERM0001',
  '--allow-addons',
  '--allow-net',
  ...sockets.map((path) => `--allow-fs-write=${path}`),
  ...readable.map((path) => `--allow-fs-read=${path}`),
]

process.env.ZIMKI_AGENT_RUN_DIR = runDir
process.env.ZIMKI_AGENT_CELL_COMMAND = JSON.stringify([
  process.execPath,
  ...nodeFlags,
  ...permissions,
  `${app}/programs/cell.js`,
  ...snapshots,
])
await import(`${app}/programs/agent.js`)
