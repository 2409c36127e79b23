/**
 * Hello through the gateway and a trivial cell process, against plain node:http, in turns: `node packages/gateway/bench/hello.ts`.
 * The client is this file too, 32 connections with one request at a time on each, and slower than what it measures: look at the CPU
 * time a request, which also means something on a busy machine.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_LIMITS, systemClock } from '@openzimki/core'
import { listenLinks } from '@openzimki/link'
import type { RouteSnapshot } from '@openzimki/placement'
import { createGateway } from '../src/index.ts'

const CONNECTIONS = 32
const ROUND_MS = 2_000
const ROUNDS = 5
const KEY = '11111111-1111-4111-8111-111111111111'
const BODY = 'Hello, world'

async function cell(address: string): Promise<void> {
  const head = JSON.stringify({ status: 200, headers: ['content-type', 'text/plain; charset=utf-8'] })
  const body = Buffer.from(BODY)
  await listenLinks(address, (link) => {
    link.onStream = (stream) => {
      JSON.parse(stream.head)
      stream.respond(head, body)
    }
  })
  process.send?.(0)
}

async function gateway(address: string): Promise<void> {
  const realm = {
    id: KEY,
    account: KEY,
    deployment: 'a'.repeat(64),
    kind: 'script' as const,
    limits: DEFAULT_LIMITS,
    state: 'live' as const,
    reason: null,
    pathForm: true,
    cells: [{ id: 'cell', address }],
  }
  const key = { id: KEY, alias: 'hello', realm: KEY, debug: false }
  const snapshot: RouteSnapshot = {
    version: 1,
    baseDomains: ['localhost'],
    keys: new Map([
      [KEY, key],
      ['hello', key],
    ]),
    domains: new Map(),
    realms: new Map([[KEY, realm]]),
  }
  const routes = { current: () => snapshot, subscribe: () => () => undefined, demand: async () => undefined }
  const server = createGateway({ routes, clock: systemClock, log: console.error })
  process.send?.((await server.listen({ host: '127.0.0.1', port: 0 })).port)
}

function plain(): void {
  const server = createServer((_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': BODY.length })
      .end(BODY)
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

const children = new Map<string, ChildProcess>()

function start(role: string, address: string): Promise<number> {
  const child = fork(import.meta.filename, [role, address])
  children.set(role, child)
  return new Promise((resolve) => child.once('message', (port) => resolve(port as number)))
}

/** Requests a second, and the 99th percentile of their milliseconds. */
async function load(port: number): Promise<{ rate: number; p99Ms: number; requests: number }> {
  const request = `GET /u/hello/hello HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`
  const times: number[] = []
  const startMs = performance.now()
  const one = (resolve: () => void): void => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let sentMs = performance.now()
    socket.write(request)
    socket.on('data', (chunk) => {
      if (!chunk.toString('latin1').endsWith(BODY)) throw new Error(`not the answer: ${chunk}`)
      const nowMs = performance.now()
      times.push(nowMs - sentMs)
      if (nowMs - startMs > ROUND_MS) {
        socket.destroy()
        resolve()
        return
      }
      sentMs = nowMs
      socket.write(request)
    })
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, () => new Promise<void>(one)))
  const seconds = (performance.now() - startMs) / 1_000
  times.sort((a, b) => a - b)
  return {
    rate: times.length / seconds,
    requests: times.length,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? 0,
  }
}

/** CPU milliseconds that a child has used. */
function cpuMs(role: string): Promise<number> {
  const child = children.get(role) as ChildProcess
  child.send('cpu')
  return new Promise((resolve) => child.once('message', (ms) => resolve(ms as number)))
}

interface Round {
  rate: number
  p99Ms: number
  cpuUs: number
}

async function oneRound(role: string, port: number): Promise<Round> {
  const before = await cpuMs(role)
  const { rate, p99Ms, requests } = await load(port)
  return { rate, p99Ms, cpuUs: (((await cpuMs(role)) - before) * 1_000) / requests }
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-'))
  const address = `unix:${join(folder, 's')}`
  await start('cell', address)
  const ports = { plain: await start('plain', address), gateway: await start('gateway', address) }
  const rounds = { plain: [] as Round[], gateway: [] as Round[] }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of ['plain', 'gateway'] as const) {
      const result = await oneRound(name, ports[name])
      if (round > 0) rounds[name].push(result)
    }
  }
  for (const child of children.values()) child.kill()
  rmSync(folder, { recursive: true })
  const medians = { plain: medianOf(rounds.plain), gateway: medianOf(rounds.gateway) }
  for (const [name, { rate, p99Ms, cpuUs }] of Object.entries(medians)) {
    const figures = `${Math.round(rate)} requests/s, p99 ${p99Ms.toFixed(2)} ms, ${cpuUs.toFixed(1)} us of CPU a request`
    console.log(`${name}: ${figures}`)
  }
  console.log(`CPU of plain / CPU of gateway: ${(medians.plain.cpuUs / medians.gateway.cpuUs).toFixed(2)}`)
}

function medianOf(rounds: Round[]): Round {
  const median = (name: keyof Round): number =>
    rounds.map((round) => round[name]).sort((a, b) => a - b)[rounds.length >> 1] ?? 0
  return { rate: median('rate'), p99Ms: median('p99Ms'), cpuUs: median('cpuUs') }
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.((user + system) / 1_000)
})
const [role, address = ''] = process.argv.slice(2)
if (role === 'cell') await cell(address)
else if (role === 'gateway') await gateway(address)
else if (role === 'plain') plain()
else await measure()
