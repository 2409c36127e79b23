import assert from 'node:assert/strict'
import { PlatformError } from '@openzimki/core'
import type { Machine, MachineProvider, MachineSpec } from '../contract.ts'
import {
  clockOf,
  group,
  ids,
  launchReady,
  rejects,
  specOf,
  until,
  untilLogged,
  untilState,
} from './case-tools.ts'
import type { CaseContext } from './harness.ts'

/** One that ran although it was only to be prepared has said so by then. */
const QUIET_MS = 100

const prepares = ({ provider }: CaseContext): boolean => provider.manifest.preparesMachines === true

/** Of a size that can be prepared. */
async function preparedSpec(context: CaseContext, change: Partial<MachineSpec> = {}): Promise<MachineSpec> {
  const offering = (await context.provider.offerings()).find(({ prepares: can }) => can !== false)
  assert.ok(offering, 'preparesMachines is true, and yet nothing that is offered can be prepared')
  return specOf(context, { size: offering.size, prepared: true, ...change })
}

/** Launches one to be prepared, and waits until it is. */
async function prepare(context: CaseContext, change: Partial<MachineSpec> = {}): Promise<Machine> {
  const { id } = await context.provider.launch(await preparedSpec(context, change))
  return untilState(context, id, 'prepared')
}

async function saidHello({ provider }: CaseContext, id: string): Promise<number> {
  return provider.manifest.logs ? (await provider.logs(id)).split('hello').length - 1 : 0
}

/** Null: not now. */
async function startIfReady(provider: MachineProvider, id: string): Promise<true | null> {
  try {
    await provider.start(id)
    return true
  } catch (thrown) {
    if (PlatformError.from(thrown).code === 'NO_CAPACITY') return null
    throw thrown
  }
}

export const preparedCases = group('prepared', {
  'is a machine that is installed and does not run': async (context) => {
    if (!prepares(context)) return
    const before = await prepare(context)
    assert.equal(before.reason, null)
    await clockOf(context).wait(QUIET_MS)
    assert.deepEqual(await context.provider.inspect('m-1'), before, 'a prepared machine changed by itself')
    assert.equal(await saidHello(context, 'm-1'), 0, 'a machine that was only to be prepared ran its agent')
  },
  'runs with the environment of its launch once it is started': async (context) => {
    if (!prepares(context)) return
    const PROBE = "it's prepared"
    const { native, createdAtMs } = await prepare(context, { env: { ...context.harness.env, PROBE } })
    await context.provider.start('m-1')
    const after = await untilState(context, 'm-1', 'running')
    assert.deepEqual([after.native, after.createdAtMs], [native, createdAtMs])
    if (context.provider.manifest.logs) await untilLogged(context, 'm-1', `hello ${PROBE}`)
  },
  'is started once, however often and by however many that is asked': async (context) => {
    if (!prepares(context)) return
    await prepare(context)
    const other = await context.reopen()
    await Promise.all([context.provider, other, context.provider].map((one) => one.start('m-1')))
    await untilState(context, 'm-1', 'running')
    if (context.provider.manifest.logs) await untilLogged(context, 'm-1', 'hello')
    await other.start('m-1')
    await clockOf(context).wait(QUIET_MS)
    assert.equal((await context.provider.inspect('m-1')).state, 'running')
    if (context.provider.manifest.logs) assert.equal(await saidHello(context, 'm-1'), 1)
  },
  'can be started as soon as it is prepared, and until then it is refused without harm': async (context) => {
    if (!prepares(context)) return
    const { provider } = context
    await provider.launch(await preparedSpec(context))
    const isStarted = await until(context, () => startIfReady(provider, 'm-1'))
    assert.ok(isStarted, `within ${context.harness.settleMs} ms it could not be started`)
    await untilState(context, 'm-1', 'running')
  },
  'is given again for the same spec, as it is, and for no other': async (context) => {
    if (!prepares(context)) return
    const { provider } = context
    const spec = await preparedSpec(context)
    const before = await prepare(context)
    assert.deepEqual(
      await provider.launch(spec),
      before,
      'a repeated launch gave another machine, or changed it',
    )
    await rejects(provider.launch({ ...spec, prepared: false }), 'ALREADY_EXISTS')
    await provider.start('m-1')
    await untilState(context, 'm-1', 'running')
    assert.equal((await provider.launch(spec)).state, 'running')
  },
  'of a machine that runs or ended: start leaves it as it is': async (context) => {
    if (!prepares(context)) return
    const { provider } = context
    const running = await launchReady(context)
    await provider.start('m-1')
    assert.deepEqual(await provider.inspect('m-1'), running)
    await provider.stop('m-1', { graceMs: 1_000 })
    await rejects(provider.start('m-1'), 'INVALID_ARGUMENT')
    assert.equal((await provider.inspect('m-1')).state, 'stopped')
  },
  'that was started and ended stays ended': async (context) => {
    if (!prepares(context)) return
    const { provider } = context
    await prepare(context)
    await provider.start('m-1')
    if (provider.manifest.logs) await untilLogged(context, 'm-1', 'hello')
    await context.harness.crash(await untilState(context, 'm-1', 'running'))
    await untilState(context, 'm-1', 'failed')
    await rejects(provider.start('m-1'), 'INVALID_ARGUMENT')
  },
  'is found and started after a restart of the platform': async (context) => {
    if (!prepares(context)) return
    const before = await prepare(context)
    await context.provider.close()
    const again = await context.reopen()
    assert.deepEqual(await again.list(), [before])
    await again.start('m-1')
    const seen = await until(context, async () =>
      (await again.inspect('m-1')).state === 'running' ? true : null,
    )
    assert.ok(seen, 'a machine that was prepared before a restart does not run after it was started')
  },
  'that is stopped never runs any more': async (context) => {
    if (!prepares(context)) return
    const { provider } = context
    await prepare(context)
    await provider.stop('m-1', { graceMs: 1_000 })
    assert.equal((await provider.inspect('m-1')).state, 'stopped')
    await rejects(provider.start('m-1'), 'INVALID_ARGUMENT')
  },
  'leaves nothing when it is destroyed': async (context) => {
    if (!prepares(context)) return
    const { provider, harness } = context
    const before = (await harness.leftovers()).length
    await prepare(context)
    await provider.launch(await preparedSpec(context, { id: 'm-2' }))
    for (const id of ['m-1', 'm-2']) await provider.destroy(id)
    assert.deepEqual(await ids(provider), [])
    await rejects(provider.start('m-1'), 'NOT_FOUND')
    const isGone = await until(context, async () =>
      (await harness.leftovers()).length === before ? true : null,
    )
    assert.ok(isGone, `left behind: ${(await harness.leftovers()).join(', ')}`)
  },
  'is not started by another owner': async (context) => {
    if (!prepares(context)) return
    await prepare(context)
    await rejects(context.stranger.start('m-1'), 'NOT_FOUND')
    await clockOf(context).wait(QUIET_MS)
    assert.equal((await context.provider.inspect('m-1')).state, 'prepared')
  },
  'throws UNSUPPORTED exactly when the manifest does not say that it works': async (context) => {
    const { provider } = context
    if (prepares(context)) {
      await rejects(provider.start('never'), 'NOT_FOUND')
      await provider.launch(await preparedSpec(context))
      return
    }
    await rejects(provider.start('never'), 'UNSUPPORTED')
    await rejects(provider.launch(await specOf(context, { prepared: true })), 'UNSUPPORTED')
    assert.deepEqual(await ids(provider), [])
  },
})
