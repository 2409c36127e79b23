import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { type ApiCall, apiCallOf } from './api-call.ts'
import { ENGINE_FAULTS, type EngineFault } from './engine-fault.ts'
import { EngineProxy } from './engine-proxy.ts'
import { FaultPlan } from './fault-plan.ts'

let folder: string
let engine: Server
let proxy: EngineProxy
let fault: EngineFault | null = null
let heard = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxy-'))
  engine = createServer((asked, answer) => {
    heard += 1
    asked.resume().once('end', () => answer.end('0123456789'))
  }).listen(join(folder, 'engine'))
  await once(engine, 'listening')
  const plan = { next: (call: ApiCall) => (call === 'start' ? 'hung' : fault) } as unknown as FaultPlan
  proxy = await EngineProxy.start(join(folder, 'engine'), join(folder, 'proxy'), plan)
})

beforeEach(() => {
  heard = 0
})

afterAll(async () => {
  await proxy.close()
  engine.close()
  await rm(folder, { recursive: true })
})

/** Status and text, or how it failed. */
function ask(signal?: AbortSignal, url = 'GET /info'): Promise<string> {
  return new Promise((resolve) => {
    const [method, path] = url.split(' ')
    const options = { socketPath: join(folder, 'proxy'), method, path, agent: false, signal } as const
    const asked = request(options, (said) => {
      text(said).then(
        (body) => resolve(`${said.statusCode} ${body}`),
        ({ code }) => resolve(String(code)),
      )
    })
    asked.once('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)))
    asked.end()
  })
}

it.each<[EngineFault | null, string, number]>([
  [null, '200 0123456789', 1],
  ['late', '200 0123456789', 1],
  ['refused', 'ECONNRESET', 0],
  ['lost', 'ECONNRESET', 1],
  ['cut', 'ECONNRESET', 1],
  ['failed', '500 {"message":"the engine has a bad day (injected)"}', 0],
  ['denied', '500 {"message":"the engine has a bad day (injected)"}', 1],
])('%s: the client is told %j, the engine heard it %d times', async (which, told, times) => {
  fault = which
  expect([await ask(), heard]).toEqual([told, times])
})

it('hung: nothing is done, and nobody is told', async () => {
  fault = null
  const giveUp = new AbortController()
  const asked = ask(giveUp.signal, 'POST /containers/x/start')
  await ask()
  giveUp.abort()
  expect([await asked, heard]).toEqual(['ABORT_ERR', 1])
})

it('knows the calls of an engine, with and without a version', () => {
  expect(apiCallOf('POST', '/v1.51/containers/create?name=x')).toBe('create')
  expect(apiCallOf('GET', '/containers/abc/json')).toBe('inspect')
  expect(apiCallOf('GET', '/containers/json?all=true')).toBe('list')
  expect(apiCallOf('DELETE', '/containers/abc?v=true')).toBe('remove')
  expect(apiCallOf('GET', '/containers/abc/start')).toBe('other')
})

it('a plan meets a step with every fault before it repeats one, and ends when told', () => {
  const plan = new FaultPlan(() => 0.1, 0.5)
  const met = Array.from({ length: 2 * ENGINE_FAULTS.length }, () => plan.next('start'))
  expect(new Set(met.slice(0, ENGINE_FAULTS.length))).toEqual(new Set(ENGINE_FAULTS))
  expect([plan.total, plan.count('start', 'lost'), plan.missing()]).toEqual([
    met.length,
    2,
    expect.not.arrayContaining(['start lost']),
  ])
  expect(plan.next('other')).toBeNull()
  plan.end()
  expect(plan.next('start')).toBeNull()
})
