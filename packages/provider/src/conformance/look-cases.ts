import assert from 'node:assert/strict'
import type { Machine } from '../contract.ts'
import { group, ids, launch, launchReady, rejects, specOf, untilLogged, untilState } from './case-tools.ts'

/** What is so from the first moment on; `native` may be known only later. */
const lasting = ({ id, size, zone, createdAtMs, fingerprint }: Machine) => ({
  id,
  size,
  zone,
  createdAtMs,
  fingerprint,
})

export const lookCases = [
  ...group('inspect', {
    'says NOT_FOUND of what was never launched': async ({ provider }) => {
      await rejects(provider.inspect('never'), 'NOT_FOUND')
    },
    'tells the same as launch did': async (context) => {
      const launched = await launch(context)
      assert.deepEqual(lasting(await context.provider.inspect('m-1')), lasting(launched))
    },
    'tells the same each time': async (context) => {
      await launchReady(context)
      assert.deepEqual(await context.provider.inspect('m-1'), await context.provider.inspect('m-1'))
    },
    'finds what ended by itself, and says why': async (context) => {
      await context.harness.crash(await launchReady(context))
      const machine = await untilState(context, 'm-1', 'failed')
      assert.ok(machine.reason && machine.reason.length > 10)
    },
    'does not see the machine of another owner': async (context) => {
      await launch(context)
      await rejects(context.stranger.inspect('m-1'), 'NOT_FOUND')
    },
    'does not show the environment': async (context) => {
      const env = { ...context.harness.env, JOIN_TOKEN: 'sesame-open' }
      const machine = await launch(context, { env })
      const seen = JSON.stringify([
        machine,
        await context.provider.inspect('m-1'),
        await context.provider.list(),
      ])
      assert.ok(!seen.includes('sesame-open'))
    },
  }),
  ...group('list', {
    'is empty at first': async ({ provider }) => {
      assert.deepEqual(await provider.list(), [])
    },
    'has all machines in order of id': async (context) => {
      for (const id of ['b', 'c', 'a-2', 'a-10']) await launch(context, { id })
      assert.deepEqual(await ids(context.provider), ['a-10', 'a-2', 'b', 'c'])
    },
    'tells the same as inspect': async (context) => {
      await launchReady(context)
      assert.deepEqual(await context.provider.list(), [await context.provider.inspect('m-1')])
    },
    'does not have what was destroyed': async (context) => {
      for (const id of ['a', 'b', 'c']) await launch(context, { id })
      await context.provider.destroy('b')
      assert.deepEqual(await ids(context.provider), ['a', 'c'])
    },
    'has those that were stopped or failed': async (context) => {
      await launchReady(context, { id: 'stopped' })
      await context.harness.crash(await launchReady(context, { id: 'failed' }))
      await context.provider.stop('stopped', { graceMs: 1_000 })
      await untilState(context, 'failed', 'failed')
      const states = (await context.provider.list()).map(({ state }) => state)
      assert.deepEqual(states, ['failed', 'stopped'])
    },
    'does not have the machines of another owner, even under the same id': async (context) => {
      await launch(context)
      assert.deepEqual(await context.stranger.list(), [])
      await context.stranger.launch(await specOf(context))
      await context.stranger.destroy('m-1')
      assert.deepEqual(await ids(context.provider), ['m-1'])
    },
    'finds orphans after a restart of the platform': async (context) => {
      const launched = await launchReady(context)
      await context.provider.close()
      const [orphan] = await (await context.reopen()).list()
      assert.equal(orphan?.native, launched.native)
      assert.equal(orphan.state, 'running')
    },
  }),
  ...group('logs', {
    'has what the machine printed': async (context) => {
      if (!context.provider.manifest.logs) return
      await launchReady(context)
      assert.match(await context.provider.logs('m-1'), /hello/)
    },
    'can be read after the machine has ended': async (context) => {
      if (!context.provider.manifest.logs) return
      await launchReady(context)
      await context.provider.stop('m-1', { graceMs: 1_000 })
      assert.match(await context.provider.logs('m-1'), /hello/)
    },
    'gives the end, at most as many bytes as asked for': async (context) => {
      if (!context.provider.manifest.logs) return
      await launchReady(context)
      const before = await context.provider.logs('m-1')
      const end = await context.provider.logs('m-1', { maxBytes: 3 })
      const after = await context.provider.logs('m-1')
      // It may have printed more meanwhile.
      const ends = after.slice(Math.max(0, before.length - 3))
      assert.equal(end.length, 3)
      assert.ok(
        ends.includes(end),
        `asked for 3 bytes of the end it gave ${JSON.stringify(end)}, where the end is ${JSON.stringify(ends)}`,
      )
    },
    'gives no more bytes than asked for where that cuts a character': async (context) => {
      if (!context.provider.manifest.logs) return
      await launch(context, { env: { ...context.harness.env, PROBE: 'é'.repeat(20) } })
      await untilLogged(context, 'm-1', 'é')
      for (let maxBytes = 1; maxBytes < 30; maxBytes += 1) {
        const bytes = Buffer.byteLength(await context.provider.logs('m-1', { maxBytes }))
        assert.ok(bytes <= maxBytes, `${bytes} bytes were given where ${maxBytes} were asked for`)
      }
    },
    'keeps apart what machines print': async (context) => {
      if (!context.provider.manifest.logs) return
      for (const id of ['a', 'b'])
        await launch(context, { id, env: { ...context.harness.env, PROBE: `${id}-${id}` } })
      await untilLogged(context, 'a', 'hello a-a')
      assert.doesNotMatch(await untilLogged(context, 'b', 'hello b-b'), /a-a/)
    },
    'says NOT_FOUND of what was never launched, or is not ours': async (context) => {
      if (!context.provider.manifest.logs) return
      await launch(context)
      await rejects(context.provider.logs('never'), 'NOT_FOUND')
      await rejects(context.stranger.logs('m-1'), 'NOT_FOUND')
    },
    'refuses a size that is none': async (context) => {
      await launch(context)
      for (const maxBytes of [0, -1, 1.5, Number.NaN]) {
        await rejects(context.provider.logs('m-1', { maxBytes }), 'INVALID_ARGUMENT')
      }
    },
    'throws UNSUPPORTED exactly when the manifest says that there are none': async (context) => {
      await launch(context)
      if (context.provider.manifest.logs) await context.provider.logs('m-1')
      else await rejects(context.provider.logs('m-1'), 'UNSUPPORTED')
    },
  }),
]
