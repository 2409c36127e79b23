import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { MachineProvider } from '@openzimki/provider'
import { createDockerProvider } from '../index.ts'

const SIZES = { small: { cpus: 1, memoryBytes: 256 * 1024 ** 2 } }

let folder: string
let engine: Server
let provider: MachineProvider
/** Calls that the engine never answers, by method and path. */
let hangs: RegExp
/** Calls whose answer ends in its middle. */
let cuts: RegExp
/** The engine heard such a call. */
let hung: PromiseWithResolvers<void>

beforeEach(async () => {
  hung = Promise.withResolvers()
  hangs = /^nothing$/
  cuts = /^nothing$/
  folder = await mkdtemp(join(tmpdir(), 'hung-'))
  engine = createServer(answer).listen(join(folder, 'socket'))
  await once(engine, 'listening')
  const connection = { socket: join(folder, 'socket') }
  const sockets = { runDir: folder, doorsDir: join(folder, 'doors') }
  provider = createDockerProvider({ owner: 'hung', connection, sizes: SIZES, sockets, callMs: 1_500 })
})

afterEach(async () => {
  await provider.close()
  engine.closeAllConnections()
  engine.close()
  await rm(folder, { recursive: true })
})

/** An engine that has no container, and hangs when it is asked for one. */
function answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
  if (hangs.test(`${method} ${url}`)) {
    hung.resolve()
    return
  }
  if (cuts.test(`${method} ${url}`)) {
    hung.resolve()
    response.writeHead(201, { 'content-length': 100 }).write('{"Id":', () => response.destroy())
    return
  }
  const send = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (url.startsWith('/info')) send(200, { NCPU: 2, MemTotal: 2 ** 33 })
  else if (url.startsWith('/containers/json')) send(200, [])
  else send(404, { message: 'No such container: x' })
}

const spec = { id: 'm-1', size: 'small', zone: null, env: {} }

it.each(['hangs', 'is cut'])(
  'an answer that %s fails in time, and holds up nothing that is asked of the machine later',
  async (how) => {
    if (how === 'hangs') hangs = /containers\/create/
    else cuts = /containers\/create/
    const launch = provider.launch(spec)
    launch.catch(() => undefined)
    await hung.promise
    const destroy = provider.destroy('m-1')
    await expect(launch).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('did not answer in time'),
    })
    await destroy
  },
)

it('nor when whoever asked has given up long before', async () => {
  hangs = /containers\/create/
  const giveUp = new AbortController()
  const launch = provider.launch(spec, { signal: giveUp.signal })
  launch.catch(() => undefined)
  await hung.promise
  giveUp.abort()
  await expect(launch).rejects.toMatchObject({ code: 'CANCELLED' })
  await provider.destroy('m-1')
})

it('an inspection that hangs fails too', async () => {
  hangs = /containers\/[^/]+\/json/
  await expect(provider.inspect('m-1')).rejects.toMatchObject({ code: 'TIMEOUT' })
})

it('a container that was not made leaves no folder', async () => {
  const env = { ZIMKI_AGENT_RUN_DIR: join(folder, 'm-1') }
  await expect(provider.launch({ ...spec, env })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await readdir(folder)).toEqual(['socket'])
})
