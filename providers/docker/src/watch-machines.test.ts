import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { openEngine } from './connection/open-engine.ts'
import { machineLabels } from './machine-labels.ts'
import { watchMachines } from './watch-machines.ts'

/** What the engine's clock says. */
const NOW_MS = Date.UTC(2026, 0, 15, 12, 0, 0, 250)
const MACHINE = { id: 'm-1', size: 'small', zone: 'here', fingerprint: 'f' }

let folder: string
let engine: Server

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'))
  engine = createServer(answer).listen(join(folder, 'socket'))
  await once(engine, 'listening')
})
afterEach(async () => {
  engine.closeAllConnections()
  engine.close()
  await rm(folder, { recursive: true })
})

/** An engine on which a machine ends after it has answered and before it listens: it tells of that to those alone who ask for what was. */
function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  if (url.startsWith('/info')) {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ SystemTime: new Date(NOW_MS).toISOString() }))
    return
  }
  const since = new URL(url, 'http://engine').searchParams.get('since')
  response.flushHeaders()
  const isTold = since !== null && Number(since) * 1_000 <= NOW_MS
  const event = { Type: 'container', Actor: { Attributes: machineLabels('us', MACHINE) } }
  if (isTold) response.write(`${JSON.stringify(event)}\n`)
  response.end()
}

it('tells of a machine that ended when the engine had answered and did not listen yet', async () => {
  const { docker, close } = openEngine({ socket: join(folder, 'socket') })
  const told = await Array.fromAsync(watchMachines(docker, 'us', new AbortController().signal))
  expect(told).toEqual([null, 'm-1'])
  close()
})
