import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Client, createClient, type WentLive } from '@openzimki/api'
import { deployFolder, readRealmFolder } from '@openzimki/cli'

const LAUNCHER = fileURLToPath(new URL('../packages/server/bin/zimki.js', import.meta.url))

/** A whole platform in processes of its own, as `zimki up` starts it. */
export interface TestServer {
  url: string
  port: number
  token: string
  client: Client
  /** Puts a folder below examples/ live. */
  deploy(folder: string, realm: string): Promise<WentLive & { url: string }>
  close(): Promise<void>
}

/** Starts a platform on a free port with a data folder of its own; `close` ends it and removes the folder. */
export async function startServer(): Promise<TestServer> {
  const data = await mkdtemp(join(tmpdir(), 'zimki-example-'))
  const child = spawn(process.execPath, [LAUNCHER, 'up', '--port', '0', '--data', data, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: withoutZimki(process.env),
  })
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    await rm(data, { recursive: true, force: true })
  }
  try {
    const { url } = await firstLine(child)
    const { token } = JSON.parse(await readFile(join(data, 'operator.json'), 'utf8')) as { token: string }
    const client = createClient({ url, token })
    return {
      url,
      port: Number(new URL(url).port),
      token,
      client,
      deploy: (...given) => deploy(client, ...given),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function deploy(client: Client, folder: string, realm: string): Promise<WentLive & { url: string }> {
  const path = fileURLToPath(new URL(folder, import.meta.url))
  const live = await deployFolder(client, await readRealmFolder(path), { realm })
  if (live.url === null) throw new Error(`${realm} is live but has no address`)
  return { ...live, url: live.url }
}

/** What `zimki up --json` says when it is ready. */
async function firstLine(child: ChildProcess): Promise<{ url: string }> {
  const lines = createInterface({ input: child.stdout! })
  const ready = new Promise<string>((resolve) => lines.once('line', resolve))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`zimki up ended with ${code} before it was ready`)
  })
  return JSON.parse(await Promise.race([ready, ended])) as { url: string }
}

/** Settings of the person who runs the tests must not lead them to another platform. */
function withoutZimki(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ZIMKI_')))
}
