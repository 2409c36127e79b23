import assert from 'node:assert/strict'
import { specFingerprint } from '../spec-fingerprint.ts'
import {
  clockOf,
  group,
  ids,
  launch,
  launchReady,
  rejects,
  specOf,
  untilLogged,
  untilState,
} from './case-tools.ts'

const MINUTES_10 = 600_000

export const launchCases = [
  ...group('launch', {
    'offers sizes with what they have': async ({ provider }) => {
      const offerings = await provider.offerings()
      assert.ok(offerings.length > 0)
      for (const { size, zone, cpus, memoryBytes, price, capacity } of offerings) {
        assert.ok(size && zone && cpus > 0 && memoryBytes > 0)
        assert.ok(capacity === null || capacity >= 0)
        assert.ok(price === null || (price.amount > 0 && /^[A-Z]{3}$/.test(price.currency)))
      }
    },
    'offers a size in a zone once': async ({ provider }) => {
      const keys = (await provider.offerings()).map(({ size, zone }) => `${size} in ${zone}`)
      assert.deepEqual(keys, [...new Set(keys)])
    },
    'makes a machine under our id, as asked': async (context) => {
      const spec = await specOf(context)
      const machine = await context.provider.launch(spec)
      assert.equal(machine.id, spec.id)
      assert.equal(machine.size, spec.size)
      assert.equal(machine.fingerprint, specFingerprint(spec))
      assert.ok(machine.native.length > 0)
      assert.ok(Math.abs(machine.createdAtMs - clockOf(context).nowMs()) < MINUTES_10)
      assert.ok(machine.state === 'starting' || machine.state === 'running')
      assert.equal(machine.reason, null)
    },
    'gets it to run': async (context) => {
      await launch(context)
      await untilState(context, 'm-1', 'running')
    },
    'puts it into the zone asked for': async (context) => {
      for (const { zone, size } of await context.provider.offerings()) {
        const id = `in-${zone}-${size}`
        assert.equal((await launch(context, { id, zone, size })).zone, zone)
      }
    },
    'refuses a size that is not offered, and makes nothing': async (context) => {
      await rejects(launch(context, { size: 'no-such-size' }), 'INVALID_ARGUMENT')
      assert.deepEqual(await ids(context.provider), [])
    },
    'refuses a zone that is not offered, and makes nothing': async (context) => {
      await rejects(launch(context, { zone: 'no-such-zone' }), 'INVALID_ARGUMENT')
      assert.deepEqual(await ids(context.provider), [])
    },
    'hands the environment over as it is': async (context) => {
      const PROBE = 'spaces, "quotes", $HOME, = and é'
      const { id } = await launch(context, { env: { ...context.harness.env, PROBE } })
      if (context.provider.manifest.logs) await untilLogged(context, id, `hello ${PROBE}`)
    },
    'takes an empty environment': async (context) => {
      assert.equal((await launch(context, { env: {} })).id, 'm-1')
      assert.deepEqual(await ids(context.provider), ['m-1'])
    },
    'makes several machines that are not the same': async (context) => {
      const natives = new Set<string>()
      for (const id of ['a', 'b', 'c']) {
        await launch(context, { id })
        natives.add((await untilState(context, id, 'running')).native)
      }
      assert.equal(natives.size, 3)
    },
  }),
  ...group('idempotency', {
    'gives the first machine for the same spec': async (context) => {
      const first = await launchReady(context)
      const second = await launch(context)
      assert.equal(second.native, first.native)
      assert.equal(second.createdAtMs, first.createdAtMs)
      assert.deepEqual(await ids(context.provider), ['m-1'])
    },
    'does so after a restart of the platform': async (context) => {
      const first = await launchReady(context)
      const spec = await specOf(context)
      await context.provider.close()
      const second = await (await context.reopen()).launch(spec)
      assert.equal(second.native, first.native)
    },
    'does not mind the order of the environment': async (context) => {
      const { env } = context.harness
      const first = await launch(context, { env: { ...env, A: '1', B: '2' } })
      const second = await launch(context, { env: { B: '2', A: '1', ...env } })
      assert.equal(second.createdAtMs, first.createdAtMs)
    },
    'refuses the id for another environment and leaves the first machine alone': async (context) => {
      const first = await launchReady(context)
      await rejects(launch(context, { env: { ...context.harness.env, OTHER: '1' } }), 'ALREADY_EXISTS')
      const after = await context.provider.inspect('m-1')
      assert.deepEqual(after, first)
    },
    'refuses the id for another size or zone that is offered': async (context) => {
      const offerings = await context.provider.offerings()
      const first = await launch(context, { size: offerings[0]?.size, zone: offerings[0]?.zone })
      for (const { size, zone } of offerings.slice(1)) {
        await rejects(launch(context, { size, zone }), 'ALREADY_EXISTS')
      }
      assert.equal((await context.provider.inspect('m-1')).fingerprint, first.fingerprint)
    },
    'does not start a machine again that was stopped': async (context) => {
      await launchReady(context)
      await context.provider.stop('m-1', { graceMs: 1_000 })
      assert.equal((await launch(context)).state, 'stopped')
      assert.equal((await context.provider.inspect('m-1')).state, 'stopped')
    },
    'does not start a machine again that failed': async (context) => {
      await context.harness.crash(await launchReady(context))
      await untilState(context, 'm-1', 'failed')
      assert.equal((await launch(context)).state, 'failed')
    },
    'after destroy makes a new machine, or says that the id is still taken': async (context) => {
      const first = await launchReady(context)
      await context.provider.destroy('m-1')
      try {
        await launch(context)
        assert.notEqual((await untilState(context, 'm-1', 'running')).native, first.native)
      } catch (thrown) {
        await rejects(Promise.reject(thrown), 'ALREADY_EXISTS')
      }
    },
  }),
]
