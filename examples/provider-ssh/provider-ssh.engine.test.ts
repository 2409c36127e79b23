import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openAdapter } from '@openzimki/provider'
import { adapterHarness, probeCommand } from '@openzimki/provider/kit'
import { describeProviderAtOnce } from '../../providers/docker/src/testing/describe-at-once.ts'
import { adapter } from './src/index.ts'
import { startSshd, type TestSshd } from './testing/start-sshd.ts'

const folder = import.meta.dirname
const agent = { command: probeCommand, hardening: [] }

let sshd: TestSshd

beforeAll(async () => {
  sshd = await startSshd()
}, 30_000)

afterAll(() => sshd?.close(), 30_000)

// Several cases at a time, since over SSH most of the time is waiting.
describeProviderAtOnce('an adapter for machines over SSH', {
  harness: async () => {
    const found = { name: 'provider-ssh', version: '0.1.0', folder, entry: `${folder}/src/index.ts` }
    const config = { hosts: [sshd.host('one'), sshd.host('two')] }
    const settings = { config, stateDir: sshd.folder, agent }
    return adapterHarness({ adapter, package: found, contractVersion: 1 }, settings)
  },
  leftoversOf: async (owners) => (await Promise.all(owners.map((owner) => sshd.machinesOf(owner)))).flat(),
  atOnce: 8,
})

const open = (changes: object, owner = 'own') =>
  openAdapter(adapter, {
    ...{ owner, agent, stateDir: sshd.folder },
    config: { hosts: [{ ...sshd.host('three'), ...changes }] },
  })

/** The message of what went wrong, or `it works`. */
async function outcome(changes: object): Promise<string> {
  const provider = await open(changes)
  try {
    await provider.list()
    return 'it works'
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message: string }
    return `${code}: ${message}`
  } finally {
    await provider.close()
  }
}

describe('a host over SSH', () => {
  it('is spoken to only if it has the key that is pinned and lets us in', async () => {
    expect(await outcome({})).toBe('it works')
    expect(await outcome({ hostKey: `SHA256:${'A'.repeat(43)}` })).toMatch(
      /^PERMISSION_DENIED: .*another key/,
    )
    expect(await outcome({ keyFile: sshd.strangersKeyFile })).toMatch(/^PERMISSION_DENIED: .*authorized_keys/)
    expect(await outcome({ port: 1 })).toMatch(/^TIMEOUT: .*sshd/)
  })

  it('takes no word of the configuration or the environment for a command', async () => {
    const hostile = `it's $(touch pwned) \`touch pwned\`; touch pwned\n`
    const provider = await open({ folder: `${sshd.folder}/${hostile}` })
    const env = { PROBE: hostile, dir: '/nowhere', stat: 'x', pid: '1' }
    const spec = { id: 'm-1', size: 'host', zone: null, env }
    try {
      expect((await provider.check()).ok).toBe(true)
      expect(await provider.launch(spec)).toMatchObject({ id: 'm-1', state: 'running' })
      expect((await provider.list()).map(({ id }) => id)).toEqual(['m-1'])
    } finally {
      await provider.destroy('m-1')
      await provider.close()
    }
    expect(await sshd.find('pwned')).toEqual([])
  })

  it('is said to be full, and has each machine once', async () => {
    const provider = await open({ maxMachines: 1 })
    const spec = { id: 'm-1', size: 'host', zone: null, env: {} }
    try {
      const first = await provider.launch(spec)
      expect((await provider.launch(spec)).native).toBe(first.native)
      await expect(provider.launch({ ...spec, id: 'm-2' })).rejects.toMatchObject({ code: 'NO_CAPACITY' })
    } finally {
      await provider.destroy('m-1')
      await provider.close()
    }
  })

  it.each([
    ['no hosts', { hosts: [] }, /hosts/],
    ['an option in place of a name', { host: '-oProxyCommand=id' }, /host/],
    ['a folder that is an option', { folder: '-rf' }, /folder/],
    ['no pinned key', { hostKey: undefined }, /hostKey/],
    ['a setting that there is not', { hosst: 'x' }, /hosst/],
  ])('is refused with %s', async (_what, changes, message) => {
    const config = 'hosts' in changes ? changes : { hosts: [{ ...sshd.host('x'), ...changes }] }
    const opened = openAdapter(adapter, { owner: 'own', agent, stateDir: sshd.folder, config })
    await expect(opened).rejects.toThrow(message)
  })
})
