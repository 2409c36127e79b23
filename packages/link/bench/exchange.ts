/**
 * Exchanges a second over a Unix socket between two processes, 32 in flight: `node packages/link/bench/exchange.ts`.
 * Head of 300 bytes there, head and 12 bytes of body back, which is about what a small HTTP request makes.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectLink, type Link, listenLinks } from '../src/index.ts'

const IN_FLIGHT = 32
const ROUND_MS = 1_000
const ROUNDS = 5

async function serve(address: string): Promise<void> {
  const head = JSON.stringify({ status: 200, headers: ['content-type', 'text/plain'] })
  const body = Buffer.from('Hello, world')
  await listenLinks(address, (link) => {
    link.onStream = (stream) => stream.respond(head, body)
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.('ready')
}

async function round(link: Link): Promise<number> {
  const head = JSON.stringify({ method: 'GET', path: '/hello', filler: 'x'.repeat(260) })
  const startMs = performance.now()
  let count = 0
  let running = true
  const loop = (resolve: () => void): void => {
    link.open(head, {
      end: true,
      handlers: {
        onEnd: () => {
          count++
          if (running) loop(resolve)
          else resolve()
        },
      },
    })
  }
  setTimeout(() => {
    running = false
  }, ROUND_MS)
  await Promise.all(Array.from({ length: IN_FLIGHT }, () => new Promise<void>(loop)))
  return count / ((performance.now() - startMs) / 1_000)
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'link-bench-'))
  const address = `unix:${join(folder, 's')}`
  const child = fork(import.meta.filename, [address])
  await new Promise((resolve) => child.once('message', resolve))
  const link = await connectLink(address)
  const rates: number[] = []
  for (let index = 0; index < ROUNDS; index++) rates.push(await round(link))
  link.close()
  child.disconnect()
  rmSync(folder, { recursive: true })
  rates.sort((a, b) => a - b)
  console.log(`exchanges/s, ${IN_FLIGHT} in flight: median ${Math.round(rates[ROUNDS >> 1] as number)}`)
}

const [address] = process.argv.slice(2)
if (address) await serve(address)
else await measure()
