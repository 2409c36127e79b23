import assert from 'node:assert/strict'
import {
  callsOn,
  clockOf,
  group,
  ids,
  launch,
  launchReady,
  rejects,
  soon,
  specOf,
  stubborn,
  untilState,
} from './case-tools.ts'

const GRACE_MS = 5_000
const LONG_GRACE_MS = 600_000
/** After this a stop that was begun is at work. */
const UNDER_WAY_MS = 50

export const endCases = [
  ...group('stop', {
    'ends the machine, which is still found': async (context) => {
      await launchReady(context)
      await context.provider.stop('m-1', { graceMs: GRACE_MS })
      const machine = await context.provider.inspect('m-1')
      assert.equal(machine.state, 'stopped')
      assert.equal(machine.reason, null)
    },
    'lets it end in order, where the manifest says so': async (context) => {
      const { manifest } = context.provider
      await launchReady(context)
      await context.provider.stop('m-1', { graceMs: GRACE_MS })
      if (manifest.gracefulStop && manifest.logs) assert.match(await context.provider.logs('m-1'), /bye/)
    },
    'ends by force what does not end in its grace': async (context) => {
      await launchReady(context, stubborn(context))
      await context.provider.stop('m-1', { graceMs: 30 })
      assert.equal((await context.provider.inspect('m-1')).state, 'stopped')
      if (context.provider.manifest.logs) assert.doesNotMatch(await context.provider.logs('m-1'), /bye/)
    },
    'takes no grace at all': async (context) => {
      await launchReady(context)
      await context.provider.stop('m-1', { graceMs: 0 })
      assert.equal((await context.provider.inspect('m-1')).state, 'stopped')
    },
    'gives all the grace it was asked for, where the manifest says so': async (context) => {
      await launchReady(context, stubborn(context))
      const clock = clockOf(context)
      const beganMs = clock.nowMs()
      await context.provider.stop('m-1', { graceMs: 300 })
      const tookMs = clock.nowMs() - beganMs
      // Timers may be early by a little; half is no rounding.
      if (context.provider.manifest.gracefulStop)
        assert.ok(tookMs >= 150, `it was ended after ${tookMs} ms of 300`)
    },
    'may be repeated': async (context) => {
      await launchReady(context)
      for (let time = 0; time < 2; time += 1) await context.provider.stop('m-1', { graceMs: GRACE_MS })
      assert.equal((await context.provider.inspect('m-1')).state, 'stopped')
    },
    'leaves what failed as it is': async (context) => {
      await context.harness.crash(await launchReady(context))
      await untilState(context, 'm-1', 'failed')
      await context.provider.stop('m-1', { graceMs: GRACE_MS })
      assert.equal((await context.provider.inspect('m-1')).state, 'failed')
    },
    'stops what was launched before a restart': async (context) => {
      await launchReady(context)
      await context.provider.close()
      const again = await context.reopen()
      await again.stop('m-1', { graceMs: GRACE_MS })
      assert.equal((await again.inspect('m-1')).state, 'stopped')
    },
    'says NOT_FOUND of what was never launched': async ({ provider }) => {
      await rejects(provider.stop('never', { graceMs: 1 }), 'NOT_FOUND')
    },
    'says NOT_FOUND of what was destroyed': async (context) => {
      await launchReady(context)
      await context.provider.destroy('m-1')
      await rejects(context.provider.stop('m-1', { graceMs: 1 }), 'NOT_FOUND')
    },
    'does not reach the machine of another owner': async (context) => {
      await launchReady(context)
      await rejects(context.stranger.stop('m-1', { graceMs: 1 }), 'NOT_FOUND')
      assert.equal((await context.provider.inspect('m-1')).state, 'running')
    },
    'refuses a grace that is none': async (context) => {
      await launch(context)
      for (const graceMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e12]) {
        await rejects(context.provider.stop('m-1', { graceMs }), 'INVALID_ARGUMENT')
      }
    },
  }),
  ...group('destroy', {
    'leaves nothing to be found': async (context) => {
      await launchReady(context)
      await context.provider.destroy('m-1')
      await rejects(context.provider.inspect('m-1'), 'NOT_FOUND')
      assert.deepEqual(await ids(context.provider), [])
    },
    'makes every other call say NOT_FOUND': async (context) => {
      const spec = await specOf(context)
      await launchReady(context)
      await context.provider.destroy('m-1')
      const { start, inspect, stop, logs } = callsOn(context.provider, spec)
      for (const call of [start, inspect, stop, logs]) await rejects(call!(), 'NOT_FOUND', 'UNSUPPORTED')
    },
    'removes the one it was asked to, and no other': async (context) => {
      for (const id of ['m-1', 'm-10', 'm-11']) await launch(context, { id })
      await context.provider.destroy('m-1')
      assert.deepEqual(await ids(context.provider), ['m-10', 'm-11'])
    },
    'cuts a long grace short': async (context) => {
      await launchReady(context, stubborn(context))
      const stopped = context.provider.stop('m-1', { graceMs: LONG_GRACE_MS })
      stopped.catch(() => undefined)
      await clockOf(context).wait(UNDER_WAY_MS)
      await soon(context, context.provider.destroy('m-1'), 'destroy waited for a stop with a long grace')
      assert.deepEqual(await ids(context.provider), [])
    },
    'succeeds when there is nothing': async ({ provider }) => {
      await provider.destroy('never')
    },
    'may be repeated': async (context) => {
      await launch(context)
      for (let time = 0; time < 2; time += 1) await context.provider.destroy('m-1')
    },
    'removes what was stopped, what failed and what is stubborn': async (context) => {
      await launchReady(context, { id: 'stopped' })
      await context.provider.stop('stopped', { graceMs: GRACE_MS })
      await context.harness.crash(await launchReady(context, { id: 'failed' }))
      await launchReady(context, { id: 'stubborn', ...stubborn(context) })
      for (const id of ['stopped', 'failed', 'stubborn']) await context.provider.destroy(id)
      assert.deepEqual(await ids(context.provider), [])
    },
    'removes what was launched before a restart': async (context) => {
      await launchReady(context)
      await context.provider.close()
      const again = await context.reopen()
      await again.destroy('m-1')
      await rejects(again.inspect('m-1'), 'NOT_FOUND')
      assert.deepEqual(await ids(again), [])
    },
    'does not reach the machine of another owner': async (context) => {
      await launchReady(context)
      await context.stranger.destroy('m-1')
      assert.equal((await context.provider.inspect('m-1')).state, 'running')
    },
  }),
]
