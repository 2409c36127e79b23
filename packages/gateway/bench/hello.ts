/**
 * Hello through the gateway and a trivial cell process, against plain node:http, in turns: `node packages/gateway/bench/hello.ts`.
 * The client is this file too: 32 connections, one request at a time on each.
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

const children: ChildProcess[] = []

function start(role: string, address: string): Promise<number> {
  const child = fork(import.meta.filename, [role, address])
  children.push(child)
  return new Promise((resolve) => child.once('message', (port) => resolve(port as number)))
}

/** Requests a second, and the 99th percentile of their milliseconds. */
async function load(port: number): Promise<{ rate: number; p99Ms: number }> {
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
  return { rate: times.length / seconds, p99Ms: times[Math.floor(times.length * 0.99)] ?? 0 }
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-'))
  const address = `unix:${join(folder, 's')}`
  await start('cell', address)
  const ports = { plain: await start('plain', address), gateway: await start('gateway', address) }
  const results = {
    plain: [] as { rate: number; p99Ms: number }[],
    gateway: [] as { rate: number; p99Ms: number }[],
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of ['plain', 'gateway'] as const) {
      const result = await load(ports[name])
      if (round > 0) results[name].push(result)
    }
  }
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true })
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0
  const rates = Object.fromEntries(
    Object.entries(results).map(([name, all]) => [name, median(all.map(({ rate }) => rate))]),
  )
  for (const [name, all] of Object.entries(results)) {
    console.log(
      `${name}: ${Math.round(rates[name] ?? 0)} requests/s, p99 ${median(all.map(({ p99Ms }) => p99Ms)).toFixed(2)} ms`,
    )
  }
  console.log(`gateway / plain: ${((rates.gateway ?? 0) / (rates.plain ?? 1)).toFixed(2)}`)
}

const [role, address = ''] = process.argv.slice(2)
if (role === 'cell') await cell(address)
else if (role === 'gateway') await gateway(address)
else if (role === 'plain') plain()
else await measure()
