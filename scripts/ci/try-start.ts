import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const READY_MS = 120_000
const PAGE_MS = 30_000
const END_MS = 60_000
const TEXT = 'OpenZimki is running'

export interface StartedHow {
  /** As people type it. */
  command: string
  /** Where they do. */
  folder?: string
  env?: NodeJS.ProcessEnv
}

/** Starts a platform and looks at its welcome page. Prints the log and sets exit status 1 when that does not come, or the platform does not end. */
export async function tryStart({ command, folder, env }: StartedHow): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'try-start-'))
  const [program = '', ...args] = `${command} --port 0 --data ${data}`.split(' ')
  // A group of its own, since npm starts the platform through a shell.
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const log = keepLog(child)
  const fail = (why: string) => {
    process.stdout.write(`${command} failed: ${why}\n${log.text}\n`)
    process.exitCode = 1
  }
  const ended = once(child, 'close')
  try {
    const url = await welcomeAddress(child, log)
    const page = await fetchPage(url)
    if (!page.includes(TEXT)) throw new Error(`${url} does not say "${TEXT}":\n${page}`)
    process.stdout.write(`${command}: ${url} is there\n`)
  } catch (error) {
    fail((error as Error).message)
  } finally {
    if (!(await endGroup(child, ended))) fail(`it did not end within ${END_MS} ms of SIGTERM`)
    await rm(data, { recursive: true, force: true })
  }
}

interface Log {
  text: string
}

function keepLog({ stdout, stderr }: ChildProcess): Log {
  const log = { text: '' }
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log.text += text
    })
  }
  return log
}

/** What it prints for people when it is ready. */
function welcomeAddress(started: ChildProcess, log: Log): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`nothing after ${READY_MS} ms`)), READY_MS)
    started.stdout!.on('data', () => {
      const url = /Welcome realm +(http\S+)/.exec(log.text)?.[1]
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

/** Answers whether it ended by itself once it was asked to. */
async function endGroup({ pid, exitCode }: ChildProcess, ended: Promise<unknown>): Promise<boolean> {
  if (pid === undefined || exitCode !== null) return true
  // To it alone, as a supervisor does: what it started must end with it.
  process.kill(pid, 'SIGTERM')
  let inTime = true
  const late = setTimeout(() => {
    inTime = false
    process.kill(-pid, 'SIGKILL')
  }, END_MS)
  await ended
  clearTimeout(late)
  return inTime
}
