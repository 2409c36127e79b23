import { execFile } from 'node:child_process'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Machine, MachineProvider } from '@openzimki/provider'
import type Docker from 'dockerode'
import { openEngine } from '../connection/open-engine.ts'
import { createDockerProvider } from '../index.ts'
import { machineName } from '../machine-labels.ts'
import { EngineProcess, ensureTestImage } from '../testing/engine-process.ts'
import { containersOn, TEST_IMAGE, testConfig } from '../testing/test-engine.ts'

const run = promisify(execFile)
const DISK_MB = 700
let engine: EngineProcess
let docker: Docker
let letGo: () => void
let provider: MachineProvider

/** An engine with a disk of its own, so that it can be filled. */
beforeAll(async () => {
  engine = await EngineProcess.start({ diskMb: DISK_MB })
  await ensureTestImage(engine.socket)
  const opened = openEngine({ socket: engine.socket })
  docker = opened.docker
  letGo = opened.close
  provider = createDockerProvider(testConfig(engine.socket, 'troubles'))
}, 60_000)

afterAll(async () => {
  letGo?.()
  await provider?.close()
  await engine?.close()
}, 30_000)

const launch = (id: string) => provider.launch({ id, size: 'small', zone: null, env: {} })

async function until(id: string, state: Machine['state']): Promise<Machine> {
  for (;;) {
    const machine = await provider.inspect(id).catch(() => null)
    if (machine?.state === state) return machine
    await delay(30)
  }
}

describe('when something goes wrong', () => {
  it('an image that is missing is named, with what to do, and nothing is left', async () => {
    const other = createDockerProvider(testConfig(engine.socket, 'troubles', { image: 'no/such:image' }))
    await expect(other.launch({ id: 'a', size: 'small', zone: null, env: {} })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/no\/such:image.*zimki provider docker image/),
    })
    const { ok, findings } = await other.check()
    expect([ok, findings.some(({ text }) => text.includes('no/such:image'))]).toEqual([false, true])
    await other.close()
    expect(await containersOn(engine.socket)).toEqual([])
  })

  it('a name that a stranger has is left to the stranger', async () => {
    const name = machineName('troubles', 'taken')
    const stranger = await docker.createContainer({ name, Image: TEST_IMAGE, Cmd: ['x'] })
    await expect(launch('taken')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await provider.destroy('taken')
    await expect(provider.inspect('taken')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(stranger.inspect()).resolves.toMatchObject({ Name: `/${name}` })
    await stranger.remove()
  })

  it('a program that cannot be started leaves no container', async () => {
    const other = createDockerProvider(testConfig(engine.socket, 'troubles', { command: ['/no/program'] }))
    await expect(other.launch({ id: 'b', size: 'small', zone: null, env: {} })).rejects.toMatchObject({
      message: expect.stringContaining('/no/program'),
    })
    await other.close()
    expect(await containersOn(engine.socket)).toEqual([])
  })

  it('a launch that was cut off between its steps is seen, and can be removed', async () => {
    const spec = { id: 'half', size: 'small', zone: null, env: {} }
    await launch('half')
    const found = await docker.getContainer(machineName('troubles', 'half')).inspect()
    await provider.destroy('half')
    const { Labels } = found.Config
    await docker.createContainer({ name: found.Name.slice(1), Image: TEST_IMAGE, Cmd: ['x'], Labels })
    expect((await provider.launch(spec)).state).toBe('starting')
    await provider.destroy('half')
    expect(await containersOn(engine.socket)).toEqual([])
  })

  it('a disk that is full means no capacity, and nothing is left', async () => {
    const filler = join(engine.disk, 'filler')
    await fill(filler)
    try {
      await expect(launch('full')).rejects.toMatchObject({
        code: 'NO_CAPACITY',
        message: expect.stringContaining('free space'),
      })
    } finally {
      await rm(filler)
    }
    expect(await containersOn(engine.socket)).toEqual([])
    await launch('full')
    await provider.destroy('full')
  })

  it('an engine that is restarted: its machines ended, the watcher hears on, new ones start', async () => {
    const heard: string[] = []
    let connections = 0
    const stop = new AbortController()
    const listening = (async () => {
      while (!stop.signal.aborted) {
        try {
          for await (const id of provider.watch({ signal: stop.signal })) {
            if (id === null) connections += 1
            else heard.push(id)
          }
        } catch {
          await delay(50)
        }
      }
    })()
    while (connections === 0) await delay(10)
    await launch('before')
    await until('before', 'running')
    while (!heard.includes('before')) await delay(10)
    await engine.down()
    await expect(provider.inspect('before')).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringMatching(/docker\.sock.*start it/),
    })
    expect((await provider.check()).ok).toBe(false)
    await engine.up()
    expect((await until('before', 'failed')).reason).toContain('ended unasked')
    while (connections === 1) await delay(10)
    await launch('after')
    while (!heard.includes('after')) await delay(10)
    stop.abort()
    await listening
    for (const id of ['before', 'after']) await provider.destroy(id)
    expect(await provider.list()).toEqual([])
  }, 60_000)
})

/** Until there is no block left. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const size of [1 << 20, 1 << 12]) {
      const block = Buffer.alloc(size, 1)
      for (;;) {
        const { bytesWritten } = await file.write(block).catch(() => ({ bytesWritten: 0 }))
        if (bytesWritten < size) break
      }
    }
  } finally {
    await file.close()
  }
  await run('sync', ['-f', path]).catch(() => undefined)
}
