import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Does what the README says first: `npm start`, then a look at the welcome page. Ends with 1, and the log, when that does not come.

const READY_MS = 120_000
const PAGE_MS = 30_000
const END_MS = 60_000
const TEXT = 'OpenZimki is running'

const data = await mkdtemp(join(tmpdir(), 'npm-start-'))
// A group of its own, since npm starts the platform through a shell.
const child = spawn('npm', ['start', '--', '--port', '0', '--data', data], {
  stdio: ['ignore', 'pipe', 'pipe'],
  detached: true,
})
let log = ''
for (const stream of [child.stdout, child.stderr]) {
  stream.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
}
const ended = once(child, 'close')

try {
  const url = await welcomeAddress(child)
  const page = await fetchPage(url)
  if (!page.includes(TEXT)) throw new Error(`${url} does not say "${TEXT}":\n${page}`)
  process.stdout.write(`npm start: ${url} is there\n`)
} catch (error) {
  process.stdout.write(`npm start failed: ${(error as Error).message}\n${log}\n`)
  process.exitCode = 1
} finally {
  await endGroup(child)
  await rm(data, { recursive: true, force: true })
}

/** What it prints for people when it is ready. */
function welcomeAddress(started: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`nothing after ${READY_MS} ms`)), READY_MS)
    started.stdout!.on('data', () => {
      const url = /Welcome realm +(http\S+)/.exec(log)?.[1]
      if (url === undefined) return
      clearTimeout(late)
      resolve(url)
    })
    started.once('error', reject)
    started.once('close', (code) => {
      clearTimeout(late)
      reject(new Error(`it ended with ${code}`))
    })
  })
}

/** The names of realms below localhost are not known on every host, so the name goes into the head. */
function fetchPage(url: string): Promise<string> {
  const { host, port, pathname } = new URL(url)
  const at = { host: 'localhost', port, path: pathname, headers: { host } }
  return new Promise((resolve, reject) => {
    get({ ...at, signal: AbortSignal.timeout(PAGE_MS) }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`))
      response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject)
    }).once('error', reject)
  })
}

async function endGroup({ pid, exitCode }: ChildProcess): Promise<void> {
  if (pid === undefined || exitCode !== null) return
  process.kill(-pid, 'SIGTERM')
  const late = setTimeout(() => {
    process.stdout.write(`npm start failed: it did not end within ${END_MS} ms of SIGTERM\n${log}\n`)
    process.exitCode = 1
    process.kill(-pid, 'SIGKILL')
  }, END_MS)
  await ended
  clearTimeout(late)
}
