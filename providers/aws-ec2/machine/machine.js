/**
 * What an instance runs: the agent, told what only the bundle and the machine know. Plain JavaScript beside the bundle's own machine.json;
 * whatever the environment says of these is overruled.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { agentSettings } from './agent-settings.js'

const app = import.meta.dirname
const { nodeFlags, snapshots } = JSON.parse(readFileSync(`${app}/machine.json`, 'utf8'))
const runDir = '/run/zimki/agent'
const stateDir = '/var/lib/zimki/agent'
// Cells are another user and meet the agent here; the agent's key and its spool are root's alone.
mkdirSync(runDir, { recursive: true, mode: 0o711 })
mkdirSync(stateDir, { recursive: true, mode: 0o700 })

/** Node's own permissions for a cell: no child processes, no threads, no file but its program and its sockets. */
const store = process.env.ZIMKI_AGENT_STORE ?? ''
const storeSocket = store.startsWith('unix:') ? [store.slice('unix:'.length)] : []
const sockets = [`${runDir}/s/`, `${runDir}/empty/`, ...storeSocket]
const readable = [
  `${app}/`,
  '/etc/alpine-release',
  '/etc/resolv.conf',
  '/etc/hosts',
  '/proc/self/task/',
  '/proc/loadavg',
  ...sockets,
]
const permissions = [
  '--permission',
  '--disable-warning=PERM0001',
  '--allow-addons',
  '--allow-net',
  ...sockets.map((path) => `--allow-fs-write=${path}`),
  ...readable.map((path) => `--allow-fs-read=${path}`),
]

process.env.ZIMKI_AGENT_RUN_DIR = runDir
process.env.ZIMKI_AGENT_STATE_DIR = stateDir
process.env.ZIMKI_AGENT_CELL_COMMAND = JSON.stringify([
  process.execPath,
  ...nodeFlags,
  ...permissions,
  `${app}/programs/cell.js`,
  ...snapshots,
])
process.env.ZIMKI_AGENT_SETTINGS = agentSettings(process.env.ZIMKI_AGENT_SETTINGS, process.getuid() === 0)
await import(`${app}/programs/agent.js`)
