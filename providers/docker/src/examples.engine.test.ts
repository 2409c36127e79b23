import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { openEngine } from './connection/open-engine.ts'
import { testEngine } from './testing/engine-process.ts'

const run = promisify(execFile)
const LAUNCHER = fileURLToPath(new URL('../../../packages/server/bin/zimki.js', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url))

let engine: Awaited<ReturnType<typeof testEngine>>
let folder: string
let platform: ChildProcess
let url: string

const zimki = (...args: string[]) => run(process.execPath, [LAUNCHER, ...args], { cwd: folder, env: env() })

function env(): Record<string, string | undefined> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('ZIMKI_'))
  return Object.fromEntries(others)
}

/** As an operator does it: the image, then the platform. */
beforeAll(async () => {
  engine = await testEngine()
  folder = await mkdtemp(join(tmpdir(), 'zimki-docker-'))
  const config = join(folder, 'docker.json')
  await writeFile(config, JSON.stringify({ connection: { socket: engine.socket } }))
  await zimki('provider', 'docker', 'image', '--config', config, '--from', 'installation')
  const up = ['up', '--port', '0', '--data', join(folder, '.zimki'), '--json']
  const args = [LAUNCHER, ...up, '--provider', 'docker', '--provider-config', config]
  platform = spawn(process.execPath, args, { cwd: folder, env: env(), stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(platform, 'exit').then(([code]) =>
    Promise.reject(new Error(`zimki up ended with ${code}`)),
  )
  ended.catch(() => undefined)
  const lines = createInterface({ input: platform.stdout as NonNullable<ChildProcess['stdout']> })
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
  url = (JSON.parse(line) as { url: string }).url
}, 120_000)

afterAll(async () => {
  if (platform && platform.exitCode === null) {
    platform.kill('SIGTERM')
    await once(platform, 'exit')
  }
  await rm(folder, { recursive: true, force: true })
  await engine?.close()
}, 60_000)

it('every example is deployed to a container and answers from it', async () => {
  const entries = await readdir(EXAMPLES, { withFileTypes: true })
  const realms: string[] = []
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    if ((await readdir(join(EXAMPLES, name))).includes('realm.json')) realms.push(name)
  }
  expect(realms.length).toBeGreaterThanOrEqual(4)
  for (const realm of realms) {
    await zimki('deploy', join(EXAMPLES, realm), '--realm', realm, '--json')
    const answer = await fetch(`${url}/u/${realm}/`)
    const body = await answer.text()
    expect([realm, answer.status < 400 || body]).toEqual([realm, true])
    expect(body.length).toBeGreaterThan(50)
  }
  expect(await processesIn()).toEqual(expect.arrayContaining([expect.stringContaining('/programs/cell.js')]))
}, 60_000)

it('the end of the platform leaves no container', async () => {
  expect(await ownContainers()).toHaveLength(1)
  platform.kill('SIGTERM')
  await once(platform, 'exit')
  expect(await ownContainers()).toEqual([])
}, 30_000)

/** Those that share a folder of this test. */
async function ownContainers(): Promise<string[]> {
  const { docker, close } = openEngine({ socket: engine.socket })
  const found = await docker.listContainers({ all: true })
  close()
  return found.flatMap(({ Id, Mounts }) =>
    Mounts.some(({ Source }) => Source?.startsWith(folder)) ? [Id] : [],
  )
}

/** What runs in the one machine. */
async function processesIn(): Promise<string[]> {
  const { docker, close } = openEngine({ socket: engine.socket })
  const [own = ''] = await ownContainers()
  const { Processes } = await docker.getContainer(own).top()
  close()
  return (Processes as string[][]).map((columns) => columns.join(' '))
}
