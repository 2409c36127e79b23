import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { MachineProvider } from '@openzimki/provider'
import type Docker from 'dockerode'
import type { DockerConfig } from '../config.ts'
import { openEngine } from '../connection/open-engine.ts'
import { IMAGE_NODE } from '../image/machine-image.ts'
import { createDockerProvider } from '../index.ts'
import { testEngine } from '../testing/engine-process.ts'
import { TEST_SIZES, testConfig } from '../testing/test-engine.ts'
import { CPU_SHARES } from './container-options.ts'

let engine: Awaited<ReturnType<typeof testEngine>>
let docker: Docker
let letGo: () => void
let server: Server
let folder: string

beforeAll(async () => {
  engine = await testEngine()
  const opened = openEngine({ socket: engine.socket })
  docker = opened.docker
  letGo = opened.close
  folder = await mkdtemp(join(tmpdir(), 'zimki-run-'))
  await mkdir(join(folder, 'doors'))
  server = createServer((socket) => socket.on('error', () => undefined).end('a service of the host'))
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
}, 60_000)

afterAll(async () => {
  server.close()
  letGo()
  await rm(folder, { recursive: true, force: true })
  await engine.close()
}, 60_000)

const sockets = () => ({ runDir: folder, doorsDir: join(folder, 'doors') })

async function withProvider(
  change: Partial<DockerConfig>,
  run: (provider: MachineProvider) => Promise<void>,
): Promise<void> {
  const provider = createDockerProvider(testConfig(engine.socket, 'hardening', change))
  try {
    await run(provider)
  } finally {
    for (const { id } of await provider.list()) await provider.destroy(id)
    await provider.close()
  }
}

const launch = (provider: MachineProvider, env: Record<string, string> = {}, id = 'm-1') =>
  provider.launch({ id, size: 'small', zone: null, env })

/** What an engine says of a container that was asked for nothing, besides what is empty. */
const ENGINE_DEFAULTS: Record<string, unknown> = {
  Runtime: 'runc',
  ShmSize: 64 * 1024 ** 2,
  CgroupnsMode: expect.stringMatching(/^(host|private)$/),
  MaskedPaths: expect.arrayContaining(['/proc/kcore', '/sys/firmware']),
  ReadonlyPaths: expect.arrayContaining(['/proc/sys', '/proc/sysrq-trigger']),
  ConsoleSize: [0, 0],
  MemorySwappiness: null,
}

const isEmpty = (value: unknown) => !value || (typeof value === 'object' && Object.keys(value).length === 0)

const OURS = {
  NetworkMode: 'none',
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
  ReadonlyRootfs: true,
  IpcMode: 'none',
  Memory: TEST_SIZES.small.memoryBytes,
  MemorySwap: TEST_SIZES.small.memoryBytes,
  NanoCpus: 1e9,
  PidsLimit: 64,
  CpuShares: CPU_SHARES,
  Ulimits: [{ Name: 'nofile', Soft: 16_384, Hard: 16_384 }],
  Tmpfs: {
    '/tmp': 'rw,nosuid,nodev,noexec,size=67108864,mode=1777',
    '/run/zimki': 'rw,nosuid,nodev,noexec,size=134217728,mode=0700,uid=65532,gid=65532',
  },
  LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '2', compress: 'false' } },
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
}

/** Names and values with which somebody who had the environment in hand would try for more. */
const HOSTILE = {
  Privileged: 'true',
  HostConfig: '{"Privileged":true,"Binds":["/:/host"]}',
  CAP_ADD: 'ALL',
  DOCKER_HOST: 'tcp://127.0.0.1:1',
  NetworkMode: 'host',
  VOLUME: '/:/host\nPrivileged=true',
  Devices: '/dev/sda',
}

async function hostConfigOf(native: string): Promise<Record<string, unknown>> {
  const { HostConfig } = await docker.getContainer(native).inspect()
  const given = Object.entries(HostConfig).filter(([, value]) => !isEmpty(value))
  return Object.fromEntries(given)
}

describe('a container', () => {
  it('is given exactly what we ask for, and no environment adds to it', async () => {
    await withProvider({}, async (provider) => {
      const defaults = Object.fromEntries(
        Object.entries(ENGINE_DEFAULTS).filter(([, value]) => value !== null && !isEmpty(value)),
      )
      const seen = await hostConfigOf((await launch(provider, HOSTILE)).native)
      const known = Object.fromEntries(Object.entries(defaults).filter(([name]) => name in seen))
      expect(seen).toEqual({ ...known, ...OURS })
    })
  })

  it('shares the two folders that it needs and no other', async () => {
    await withProvider({ sockets: sockets() }, async (provider) => {
      const run = join(folder, 'm-1')
      const { native } = await launch(provider, { ZIMKI_AGENT_RUN_DIR: run })
      const { Mounts } = await docker.getContainer(native).inspect()
      expect(Mounts.map(({ Source, Destination, RW }) => [Source, Destination, RW]).sort()).toEqual([
        [sockets().doorsDir, sockets().doorsDir, false],
        [run, run, true],
      ])
    })
  })

  it.each(['/etc', '/', 'm-1', '../m-1', '..', 'doors', 'm-1/..', 'm-1/deeper', '/var/run/docker.sock', ''])(
    'is refused %j as its folder, and none is made',
    async (path) => {
      await withProvider({ sockets: sockets() }, async (provider) => {
        const dir = path.startsWith('/') || path === 'm-1' ? path : `${folder}/${path}`
        await expect(launch(provider, { ZIMKI_AGENT_RUN_DIR: dir })).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
        })
        expect(await provider.list()).toEqual([])
      })
    },
  )
})

/** Tries all doors and prints what opened. */
const BURGLAR = `
const fs = require('node:fs'), net = require('node:net')
const write = (path) => { try { fs.writeFileSync(path, 'x'); return true } catch { return false } }
const reach = (host, port) => new Promise((resolve) => {
  const socket = net.connect({ host, port: Number(port), timeout: 700 })
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false)).on('timeout', () => resolve(false))
})
const reached = []
for (const target of process.env.TARGETS.split(' ')) if (await reach(...target.split('|'))) reached.push(target)
const status = fs.readFileSync('/proc/self/status', 'utf8')
const found = {
  reached,
  wrote: ['/x', '/etc/x', '/opt/x', '/usr/x', '/proc/sys/kernel/core_pattern', '/sys/x', '/dev/x'].filter(write),
  wroteTmp: write('/tmp/x'),
  devices: fs.readdirSync('/dev').filter((name) => /^(sd|vd|nvme|mem|kmsg|loop)/.test(name)),
  sockets: fs.existsSync('/var/run/docker.sock'),
  capabilities: /CapBnd:\\s*(\\S+)/.exec(status)[1],
  noNewPrivileges: /NoNewPrivs:\\s*(\\S+)/.exec(status)[1],
  uid: process.getuid(),
  processes: ['/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max'].filter(fs.existsSync)
    .map((path) => fs.readFileSync(path, 'utf8').trim()),
}
console.log('found ' + JSON.stringify(found))
process.exit(0)
`

async function foundBy(provider: MachineProvider, id: string): Promise<Record<string, unknown>> {
  for (;;) {
    const line = /^found (.*)$/m.exec(await provider.logs(id))?.[1]
    if (line !== undefined) return JSON.parse(line) as Record<string, unknown>
    const { state, reason } = await provider.inspect(id)
    if (state === 'failed' && !(await provider.logs(id)).includes('found '))
      throw new Error(`${reason}: ${await provider.logs(id)}`)
    await delay(50)
  }
}

describe('from within a machine', () => {
  it('nothing of the host, of other machines or of its own limits can be got round', async () => {
    const { port } = server.address() as { port: number }
    const own = Object.values(networkInterfaces())
      .flat()
      .flatMap((one) => (one?.family === 'IPv4' ? [one.address] : []))
    const targets = [...own, '172.17.0.1', '169.254.169.254'].map((host) => `${host}|${port}`)
    await expect(reaches('127.0.0.1', port)).resolves.toBe(true)
    const command = [IMAGE_NODE, '--input-type=commonjs', '-e', `(async () => {${BURGLAR}})()`]
    await withProvider({ command }, async (provider) => {
      await launch(provider, { TARGETS: targets.join(' ') })
      expect(await foundBy(provider, 'm-1')).toEqual({
        reached: [],
        wrote: [],
        wroteTmp: true,
        devices: [],
        sockets: false,
        capabilities: '0000000000000000',
        noNewPrivileges: '1',
        uid: 65_532,
        processes: ['64'],
      })
    })
  }, 60_000)

  it('memory beyond its size ends it, and the reason says so', async () => {
    const hog = 'const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1))'
    await withProvider({ command: [IMAGE_NODE, '-e', hog] }, async (provider) => {
      await launch(provider)
      while ((await provider.inspect('m-1')).state !== 'failed') await delay(50)
      const reason = async () => (await provider.inspect('m-1')).reason
      // The engine hears of an end and of its cause on two ways, and of the cause perhaps a moment later.
      for (let looks = 0; looks < 100 && !(await reason())?.includes('memory'); looks += 1) await delay(50)
      expect(await reason()).toContain('more memory than its size has')
    })
  }, 60_000)
})

async function reaches(host: string, port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
