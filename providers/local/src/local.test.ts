import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from '@jest/globals'
import { type Machine, type MachineProvider, processIdentity } from '@openzimki/provider'
import { describeProvider } from '@openzimki/provider/conformance'
import { probeCommand } from '@openzimki/provider/kit'
import { createLocalProvider } from './index.ts'
import { mapError } from './map-error.ts'

const stateDir = mkdtempSync(join(tmpdir(), 'local-'))
const command = [...probeCommand]
const SPEC = { id: 'm-1', size: 'host', zone: null, env: {} }

const open = (owner: string) => createLocalProvider({ owner, stateDir, command })
const pidOf = ({ native }: Machine) => Number(native.slice('pid '.length))

afterAll(() => rm(stateDir, { recursive: true, force: true }))

describeProvider('the local provider', {
  harness: {
    open: async (owner) => open(owner),
    env: {},
    crash: async (machine) => void process.kill(pidOf(machine), 'SIGKILL'),
    leftovers: async () => {
      const owners = await readdir(stateDir)
      return (await Promise.all(owners.map((owner) => readdir(join(stateDir, owner))))).flat()
    },
    settleMs: 10_000,
    sharedFile: fileURLToPath(import.meta.url),
    close: async () => undefined,
  },
})

/** Runs with a provider of its own, and removes what it made. */
async function withProvider(owner: string, run: (provider: MachineProvider) => Promise<void>): Promise<void> {
  const provider = open(owner)
  try {
    await run(provider)
  } finally {
    for (const { id } of await provider.list()) await provider.destroy(id)
    await provider.close()
  }
}

/** Launches, and waits until its own program runs: before that a new process has no environment to be seen. */
async function launchReady(provider: MachineProvider, env: Record<string, string> = {}): Promise<Machine> {
  const machine = await provider.launch({ ...SPEC, env })
  while (!(await provider.logs('m-1')).includes('hello'))
    await new Promise((resolve) => setTimeout(resolve, 10))
  return machine
}

async function untilGone(pid: number): Promise<void> {
  while ((await processIdentity(pid)) !== null) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function processFileIn(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((one) => one.startsWith('process-'))
  return join(folder, name ?? 'none')
}

describe('a local machine', () => {
  it('gets the environment of its spec and nothing of the platform’s', async () => {
    await withProvider('env', async (provider) => {
      process.env.PLATFORM_SECRET = 'x'
      const machine = await launchReady(provider, { A: '1' })
      delete process.env.PLATFORM_SECRET
      const environ = (await readFile(`/proc/${pidOf(machine)}/environ`, 'utf8')).split('\0').filter(Boolean)
      expect(environ.map((line) => line.split('=')[0]).sort()).toEqual(['A', 'ZIMKI_MACHINE_TAG'])
    })
  })

  it('says how it ended', async () => {
    await withProvider('exit', async (provider) => {
      const machine = await provider.launch({ ...SPEC, env: { EXIT: '7' } })
      await untilGone(pidOf(machine))
      let seen = await provider.inspect('m-1')
      while (!seen.reason?.includes('exit status 7')) seen = await provider.inspect('m-1')
      expect(seen.state).toBe('failed')
    })
  })

  it('is never a stranger that got its pid: that one is left alone', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 60_000)'], {
      detached: true,
    })
    try {
      await once(stranger, 'spawn')
      const pid = stranger.pid ?? 0
      await withProvider('reuse', async (provider) => {
        const machine = await provider.launch(SPEC)
        process.kill(pidOf(machine), 'SIGKILL')
        await untilGone(pidOf(machine))
        const path = await processFileIn(join(stateDir, 'reuse', 'm-1'))
        const { identity } = JSON.parse(await readFile(path, 'utf8'))
        await writeFile(path, JSON.stringify({ pid, identity: identity.replace(/^\d+@\d+/, `${pid}@1`) }))
        expect((await provider.inspect('m-1')).state).toBe('failed')
        await provider.stop('m-1', { graceMs: 1 })
        await provider.destroy('m-1')
        expect(await processIdentity(pid)).not.toBeNull()
      })
    } finally {
      stranger.kill('SIGKILL')
    }
  })

  it('is found by its tag when the platform was killed before it wrote the pid down', async () => {
    await withProvider('tag', async (provider) => {
      const machine = await launchReady(provider)
      const folder = join(stateDir, 'tag', 'm-1')
      const record = JSON.parse(await readFile(join(folder, 'machine.json'), 'utf8'))
      await rm(await processFileIn(folder))
      expect((await provider.inspect('m-1')).state).toBe('starting')
      await writeFile(join(folder, 'machine.json'), JSON.stringify({ ...record, launcher: '2@0@gone' }))
      expect(await provider.inspect('m-1')).toMatchObject({ state: 'running', native: machine.native })
      await provider.destroy('m-1')
      expect(await processIdentity(pidOf(machine))).toBeNull()
    })
  })

  it('whose launch was cut off before there was a process has failed, and can be destroyed', async () => {
    await withProvider('cut', async (provider) => {
      const record = {
        size: 'host',
        zone: 'local',
        fingerprint: 'f',
        createdAtMs: 1,
        launcher: '2@0@gone',
        tag: 'none',
      }
      await mkdir(join(stateDir, 'cut', 'm-1'), { recursive: true })
      await writeFile(join(stateDir, 'cut', 'm-1', 'machine.json'), JSON.stringify(record))
      expect(await provider.inspect('m-1')).toMatchObject({ state: 'failed', native: 'no process' })
      await provider.destroy('m-1')
      expect(await provider.list()).toEqual([])
    })
  })

  it('outlives the process that launched it, and is found by the next', async () => {
    const script = `
      import { createLocalProvider } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)}
      const provider = createLocalProvider(${JSON.stringify({ owner: 'outlive', stateDir, command })})
      const machine = await provider.launch(${JSON.stringify(SPEC)})
      process.stdout.write(machine.native, () => process.kill(process.pid, 'SIGKILL'))`
    const platform = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let native = ''
    platform.stdout.setEncoding('utf8').on('data', (text: string) => {
      native += text
    })
    await once(platform, 'close')
    await withProvider('outlive', async (provider) => {
      expect(await provider.list()).toEqual([expect.objectContaining({ native, state: 'running' })])
      await provider.stop('m-1', { graceMs: 5_000 })
      expect((await provider.inspect('m-1')).state).toBe('stopped')
    })
  })

  it('is gone, process and all, when another platform destroys it at any moment of its launch', async () => {
    const [launcher, destroyer] = [open('crossed'), open('crossed')]
    const isOurs = async (pid: string) =>
      (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).includes('CROSSED=1')
    for (let round = 0; round < 40; round += 1) {
      const launched = launcher.launch({ ...SPEC, env: { CROSSED: '1' } }).catch((thrown) => thrown)
      await new Promise((resolve) => setTimeout(resolve, round % 10))
      await destroyer.destroy('m-1')
      const made = await launched
      if (made instanceof Error) expect(made.message).toContain('was destroyed while it was being launched')
      await destroyer.destroy('m-1')
    }
    expect(await readdir(join(stateDir, 'crossed'))).toEqual([])
    for (const pid of await readdir('/proc')) if (await isOurs(pid)) await untilGone(Number(pid))
    await Promise.all([launcher.close(), destroyer.close()])
  })

  it('that cannot be started leaves nothing', async () => {
    const provider = createLocalProvider({ owner: 'nothing', stateDir, command: ['/nowhere/node'] })
    await expect(provider.launch(SPEC)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('/nowhere/node'),
    })
    expect(await provider.list()).toEqual([])
    expect((await provider.check()).ok).toBe(false)
    await provider.close()
  })

  it('is one of so many', async () => {
    const provider = createLocalProvider({ owner: 'few', stateDir, command, maxMachines: 1 })
    await provider.launch(SPEC)
    await expect(provider.launch({ ...SPEC, id: 'm-2' })).rejects.toMatchObject({ code: 'NO_CAPACITY' })
    await provider.destroy('m-1')
    await provider.close()
  })

  it('keeps its secrets out of the state folder', async () => {
    await withProvider('secret', async (provider) => {
      await provider.launch({ ...SPEC, env: { JOIN_TOKEN: 'sesame-open' } })
      const folder = join(stateDir, 'secret', 'm-1')
      for (const name of await readdir(folder)) {
        expect(await readFile(join(folder, name), 'utf8')).not.toContain('sesame-open')
      }
    })
  })
})

describe('the manifest', () => {
  it('says of hardening what the platform found out, and check warns of what is missing', async () => {
    expect(open('plain').manifest.hardening).toEqual(['process-group'])
    const found = ['no-new-privileges', 'unprivileged-user'] as const
    const hardened = createLocalProvider({ owner: 'hard', stateDir, command, hardening: found })
    expect(hardened.manifest.hardening).toEqual(['process-group', ...found])
    expect((await hardened.check()).findings.map(({ level }) => level)).not.toContain('warn')
    expect((await open('plain').check()).findings.map(({ level }) => level)).toContain('warn')
  })
})

describe('the configuration', () => {
  it.each([
    ['stateDir', { stateDir: 'here' }],
    ['command', { command: [] }],
    ['command', { command: ['node'] }],
    ['maxMachines', { maxMachines: 0 }],
    ['owner', { owner: 'Not A Name' }],
  ])('is refused for its %s', (word, change) => {
    expect(() => createLocalProvider({ owner: 'me', stateDir, command, ...change })).toThrow(word)
  })
})

describe('mapError', () => {
  it.each([
    ['EACCES', 'PERMISSION_DENIED'],
    ['ENOSPC', 'NO_CAPACITY'],
    ['EMFILE', 'NO_CAPACITY'],
    ['EDQUOT', 'QUOTA_EXCEEDED'],
    ['E2BIG', 'INVALID_ARGUMENT'],
    ['EWHATEVER', 'INTERNAL'],
  ])('makes %s %s', (code, mapped) => {
    const cause = Object.assign(new Error('it went wrong'), { code })
    expect(mapError(cause)).toMatchObject({
      code: mapped,
      cause,
      message: expect.stringContaining('it went wrong'),
    })
  })
})
