import { describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { createProvider } from './create-provider.ts'
import { FakeDriver, FakeInfrastructure } from './fake-driver.ts'
import type { MachineDriver } from './machine-driver.ts'
import { retryingProvider } from './retrying-provider.ts'
import { specFingerprint } from './spec-fingerprint.ts'

const SPEC = { id: 'm-1', size: 'small', zone: null, env: {} }

function provider(change: Partial<MachineDriver>, deadlineMs = 60_000, capacity = 10) {
  const driver: MachineDriver = new FakeDriver(new FakeInfrastructure(capacity), 'me')
  return createProvider(Object.assign(driver, change), { deadlineMs })
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: PlatformError) => error.code,
  )

describe('createProvider', () => {
  it('maps what the driver throws, once', async () => {
    const thrown = Object.assign(new Error('RequestLimitExceeded'), { name: 'RequestLimitExceeded' })
    const failing = provider({
      list: () => Promise.reject(thrown),
      mapError: (error) => new PlatformError('QUOTA_EXCEEDED', 'slow down', { cause: error }),
    })
    const error = await failing.list().catch((caught: PlatformError) => caught)
    expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED', message: 'slow down', cause: thrown })
  })

  it('keeps to the closed set, also for codes that others use', async () => {
    const error = new PlatformError('FENCED', 'an old epoch')
    const failing = provider({
      list: () => {
        throw error
      },
    })
    await expect(failing.list()).rejects.toMatchObject({
      code: 'INTERNAL',
      cause: error,
      details: { code: 'FENCED' },
    })
  })

  it('takes the code of an error whose class is another copy, and INTERNAL from a mapError that gives nothing', async () => {
    const foreign = Object.assign(new Error('too many'), { name: 'PlatformError', code: 'QUOTA_EXCEEDED' })
    const list = () => Promise.reject(new Error('x'))
    expect(await codeOf(provider({ list, mapError: () => foreign as never }).list())).toBe('QUOTA_EXCEEDED')
    expect(await codeOf(provider({ list, mapError: () => undefined as never }).list())).toBe('INTERNAL')
  })

  it('cuts logs to whole characters', async () => {
    const long = provider({ logs: async () => 'äöü' })
    await long.launch(SPEC)
    expect(await long.logs('m-1', { maxBytes: 3 })).toBe('ü')
  })

  it('lets no call outlast its deadline, though the driver ignores its signal', async () => {
    const never = new Promise<never>(() => undefined)
    expect(await codeOf(provider({ list: () => never }, 5).list())).toBe('TIMEOUT')
    expect(await codeOf(provider({ launch: () => never }, 5).launch(SPEC))).toBe('TIMEOUT')
  })

  it('ends pending calls when it is closed', async () => {
    const hanging = provider({ list: () => new Promise<never>(() => undefined) })
    const pending = codeOf(hanging.list())
    await hanging.close()
    expect(await pending).toBe('CANCELLED')
  })

  it('says NO_CAPACITY when the offerings have none, and makes nothing', async () => {
    const full = provider({}, 60_000, 1)
    await full.launch(SPEC)
    expect(await codeOf(full.launch({ ...SPEC, id: 'm-2' }))).toBe('NO_CAPACITY')
    expect(await full.list()).toHaveLength(1)
    await expect(full.launch(SPEC)).resolves.toMatchObject({ id: 'm-1' })
  })

  it('tells of a failing check as a finding', async () => {
    const failing = provider({ check: () => Promise.reject(new Error('no credentials')) })
    expect(await failing.check()).toEqual({
      ok: false,
      findings: [{ level: 'error', text: 'no credentials' }],
    })
  })

  it('prepares no size that cannot be prepared, and nothing where nothing can', async () => {
    const offered = { size: 'small', zone: 'here', cpus: 1, memoryBytes: 1, price: null, capacity: 1 }
    const spot = provider({ offerings: async () => [{ ...offered, prepares: false }] })
    const prepared = { ...SPEC, prepared: true }
    expect(await codeOf(spot.launch(prepared))).toBe('INVALID_ARGUMENT')
    const { manifest } = provider({})
    const none = provider({ manifest: { ...manifest, preparesMachines: false } })
    expect(await codeOf(none.launch(prepared))).toBe('UNSUPPORTED')
    expect(await codeOf(none.launch({ ...SPEC, prepared: 'yes' as never }))).toBe('INVALID_ARGUMENT')
    expect([...(await none.list()), ...(await spot.list())]).toEqual([])
  })

  it('starts nothing that ended, whatever the driver would do', async () => {
    const started: string[] = []
    const eager = provider({ start: async (id) => void started.push(id) })
    await eager.launch(SPEC)
    await eager.stop('m-1', { graceMs: 0 })
    expect(await codeOf(eager.start('m-1'))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(eager.start('never'))).toBe('NOT_FOUND')
    expect(started).toEqual([])
  })

  it('gives machines that are not to be prepared the fingerprints that they always had', () => {
    const before = '0fe872d79d9114771dcec0b1cccbd4098d2ce6667de6e5840e0ef7353e9faa7b'
    expect(specFingerprint(SPEC)).toBe(before)
    expect(specFingerprint({ ...SPEC, prepared: false })).toBe(before)
    expect(specFingerprint({ ...SPEC, prepared: true })).not.toBe(before)
  })

  it('throws UNSUPPORTED for logs where there are none', async () => {
    const { manifest } = provider({})
    expect(await codeOf(provider({ manifest: { ...manifest, logs: false } }).logs('m-1'))).toBe('UNSUPPORTED')
  })
})

describe('retryingProvider', () => {
  it('gives up after its attempts, and repeats nothing whose outcome is known', async () => {
    let calls = 0
    const failing = (error: Error) =>
      provider({
        list: () => {
          calls += 1
          return Promise.reject(error)
        },
      })
    expect(await codeOf(retryingProvider(failing(new Error('x')), 3).list())).toBe('INTERNAL')
    expect(calls).toBe(3)
    const refused = new PlatformError('PERMISSION_DENIED', 'no')
    expect(await codeOf(retryingProvider(failing(refused), 3).list())).toBe('PERMISSION_DENIED')
    expect(calls).toBe(4)
  })

  it('repeats other codes that it is told to, with a pause between', async () => {
    let calls = 0
    const pauses: number[] = []
    const list = () => {
      calls += 1
      return calls < 3
        ? Promise.reject(new PlatformError('NO_CAPACITY', 'not just now'))
        : Promise.resolve([])
    }
    const pause = async (attempt: number) => void pauses.push(attempt)
    const patient = retryingProvider(provider({ list }), { attempts: 5, alsoCodes: ['NO_CAPACITY'], pause })
    expect(await patient.list()).toEqual([])
    expect(pauses).toEqual([1, 2])
  })
})
