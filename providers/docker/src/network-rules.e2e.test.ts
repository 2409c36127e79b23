import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { IMAGE_NODE } from './image/machine-image.ts'
import { EngineProcess, ensureTestImage } from './testing/engine-process.ts'
import { TEST_IMAGE } from './testing/test-engine.ts'
import { TwoHosts } from './testing/two-hosts.ts'

const run = promisify(execFile)
const HOW_TO = new URL('../../../docs/how-to/docker.md', import.meta.url)
const PRIVATE = ['10.9.9.9', '169.254.169.254', '100.64.0.9']
const SERVE = `require('node:http').createServer((_, answer) => answer.end('hi')).listen(8000, '0.0.0.0', () => console.log('open'))`
const TRY = `Promise.all(process.argv.slice(1).map((host) => fetch('http://' + host + ':8000/', { signal: AbortSignal.timeout(5000) })
  .then(() => [host], () => []))).then((reached) => console.log(JSON.stringify(reached.flat())))`
const closers: (() => unknown)[] = []
let hosts: TwoHosts
let engine: EngineProcess

/** On one host an engine and a service; the other is the Internet, and what is private beside it. */
beforeAll(async () => {
  hosts = await TwoHosts.make()
  closers.push(() => hosts.close())
  for (const address of PRIVATE) await within(1, 'ip', 'addr', 'add', `${address}/32`, 'dev', 'lo')
  await within(0, 'ip', 'route', 'add', 'default', 'via', hosts.addresses[1])
  await within(0, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
  // The Internet's address is none that is private.
  await within(1, 'ip', 'addr', 'add', '203.0.113.9/32', 'dev', 'lo')
  engine = await EngineProcess.start({ within: hosts.within(0) })
  closers.push(() => engine.close())
  await ensureTestImage(engine.socket)
  for (const index of [0, 1] as const) await serve(index)
}, 120_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
}, 60_000)

async function within(index: 0 | 1, ...command: string[]): Promise<string> {
  const [program = '', ...args] = [...hosts.within(index), ...command]
  const env = { ...process.env, DOCKER_HOST: `unix://${engine?.socket}` }
  return (await run(program, args, { env })).stdout.trim()
}

async function serve(index: 0 | 1): Promise<void> {
  const [program = '', ...args] = [...hosts.within(index), process.execPath, '-e', SERVE]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  closers.push(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
}

const docker = (...args: string[]) => within(0, 'docker', ...args)
const inside = ['--network', 'zimki', '--cap-drop', 'ALL']

/** What a container on the network gets an answer from. */
async function reached(hostsToTry: string[]): Promise<string[]> {
  const said = await docker('run', '--rm', ...inside, TEST_IMAGE, IMAGE_NODE, '-e', TRY, ...hostsToTry)
  return JSON.parse(said) as string[]
}

it('the rules of the how-to leave a container the Internet, and nothing else', async () => {
  const text = await readFile(HOW_TO, 'utf8')
  const block = /```sh\n(docker network create -o com[\s\S]*?)```/.exec(text)?.[1] ?? ''
  const [network = '', ...rules] = block.split('\n')
  await within(0, 'sh', '-ec', network)
  await docker('run', '-d', '--name', 'neighbour', ...inside, TEST_IMAGE, IMAGE_NODE, '-e', SERVE)
  const addresses = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}}{{end}}'
  const [neighbour = '', gateway = ''] = (await docker('inspect', '-f', addresses, 'neighbour')).split(' ')
  const all = ['203.0.113.9', ...PRIVATE, gateway, hosts.addresses[0], neighbour]
  // Else what follows would prove nothing.
  expect(await reached(all)).toEqual(all.filter((one) => one !== neighbour))
  await within(0, 'sh', '-ec', rules.join('\n'))
  expect(await reached(all)).toEqual(['203.0.113.9'])
})
