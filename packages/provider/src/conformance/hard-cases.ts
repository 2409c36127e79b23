import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { PlatformError } from '@openzimki/core'
import { callsOn, group, ids, launch, launchReady, rejects, specOf } from './case-tools.ts'

const LONGEST = 'x'.repeat(40)
const BAD_NAMES = ['', '-a', 'a-', 'A', 'a_b', 'a.b', '../a', 'a/b', 'a b', 'é', `${LONGEST}x`, 'a\n']

export const hardCases = [
  ...group('concurrency', {
    'makes one machine of many launches at once': async (context) => {
      const machines = await Promise.all(Array.from({ length: 12 }, () => launch(context)))
      assert.equal(
        new Set(machines.map(({ createdAtMs, fingerprint }) => `${createdAtMs} ${fingerprint}`)).size,
        1,
      )
      assert.deepEqual(await ids(context.provider), ['m-1'])
    },
    'makes one machine of launches by two platforms at once': async (context) => {
      const other = await context.reopen()
      const spec = await specOf(context)
      await Promise.all([context.provider, other, context.provider, other].map((one) => one.launch(spec)))
      assert.deepEqual(await ids(context.provider), ['m-1'])
      assert.deepEqual(await ids(other), ['m-1'])
    },
    'lets one of two different specs win, and tells the other': async (context) => {
      const outcomes = await Promise.allSettled([
        launch(context, { env: { ...context.harness.env, WHO: 'a' } }),
        launch(context, { env: { ...context.harness.env, WHO: 'b' } }),
      ])
      const [lost] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      await rejects(Promise.reject(lost), 'ALREADY_EXISTS')
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    },
    'makes many machines at once': async (context) => {
      const wanted = ['a', 'b', 'c', 'd']
      await Promise.all(wanted.map((id) => launch(context, { id })))
      assert.deepEqual(await ids(context.provider), wanted)
    },
    'bears stop and destroy at once': async (context) => {
      await launchReady(context)
      const stopped = context.provider.stop('m-1', { graceMs: 2_000 })
      stopped.catch(() => undefined)
      await Promise.all([context.provider.destroy('m-1'), context.provider.destroy('m-1')])
      await stopped.catch((thrown: unknown) => rejects(Promise.reject(thrown), 'NOT_FOUND'))
      assert.deepEqual(await ids(context.provider), [])
    },
    'after launch and destroy at once has nothing that it does not list': async (context) => {
      const launched = launch(context)
      launched.catch(() => undefined)
      await context.provider.destroy('m-1')
      await launched.catch((thrown: unknown) => assert.ok(thrown instanceof PlatformError))
      await context.provider.destroy('m-1')
      assert.deepEqual(await ids(context.provider), [])
    },
  }),
  ...group('abort', {
    'rejects every call with CANCELLED that comes too late': async (context) => {
      const spec = await specOf(context)
      const { provider } = context
      const signal = AbortSignal.abort()
      for (const call of Object.values(callsOn(provider, spec, signal))) await rejects(call(), 'CANCELLED')
      await rejects(provider.list({ signal }), 'CANCELLED')
      await rejects(provider.offerings({ signal }), 'CANCELLED')
      await rejects(provider.check({ signal }), 'CANCELLED')
      assert.deepEqual(await ids(provider), [])
    },
    'of a launch leaves at most the one machine that a repeated launch finds': async (context) => {
      const spec = await specOf(context)
      const controller = new AbortController()
      const launched = context.provider.launch(spec, { signal: controller.signal })
      launched.catch(() => undefined)
      controller.abort()
      await rejects(launched, 'CANCELLED')
      await context.provider.launch(spec)
      assert.deepEqual(await ids(context.provider), ['m-1'])
    },
    'of a stop comes at once, and a repeated stop ends the machine': async (context) => {
      await launchReady(context, { env: { ...context.harness.env, STUBBORN: '1' } })
      const controller = new AbortController()
      const stopped = context.provider.stop('m-1', { graceMs: 600_000, signal: controller.signal })
      stopped.catch(() => undefined)
      controller.abort()
      await rejects(stopped, 'CANCELLED')
      await context.provider.stop('m-1', { graceMs: 1 })
      assert.equal((await context.provider.inspect('m-1')).state, 'stopped')
    },
    'by close ends every call, and machines live on': async (context) => {
      const spec = await specOf(context)
      await launchReady(context)
      const { provider } = context
      await provider.close()
      await provider.close()
      for (const call of Object.values(callsOn(provider, spec))) await rejects(call(), 'CANCELLED')
      await rejects(provider.list(), 'CANCELLED')
      const again = await context.reopen()
      assert.equal((await again.inspect('m-1')).state, 'running')
    },
  }),
  ...group('names', {
    'takes the longest id and owner': async (context) => {
      const machine = await launch(context, { id: LONGEST })
      assert.equal(machine.id, LONGEST)
      // Another in each run: an infrastructure may remember the id that an owner of before used.
      const other = await context.harness.open(`o${randomBytes(20).toString('hex')}`.slice(0, LONGEST.length))
      await other.launch(await specOf(context, { id: LONGEST }))
      await other.destroy(LONGEST)
      await other.close()
    },
    'refuses ids that are none, in every call': async (context) => {
      for (const id of BAD_NAMES) {
        const spec = await specOf(context, { id })
        for (const call of Object.values(callsOn(context.provider, spec)))
          await rejects(call(), 'INVALID_ARGUMENT')
      }
      assert.deepEqual(await ids(context.provider), [])
    },
    'refuses owners that are none': async ({ harness }) => {
      for (const owner of BAD_NAMES) await rejects(openIn(harness.open, owner), 'INVALID_ARGUMENT')
    },
    'refuses an environment that none can have, without showing it': async (context) => {
      const { maxEnvBytes } = context.provider.manifest
      const bad: Record<string, string>[] = [
        { 'A=B': 'secret' },
        { '': 'secret' },
        { A: 'secret\0' },
        { A: `secret${'x'.repeat(maxEnvBytes)}` },
      ]
      for (const env of bad) {
        const error = await rejects(launch(context, { env }), 'INVALID_ARGUMENT')
        assert.ok(!error.message.includes('secret'))
      }
    },
    'takes an environment as large as the manifest says': async (context) => {
      const { env } = context.harness
      const usedBytes = Object.entries(env).reduce(
        (sum, [name, value]) => sum + Buffer.byteLength(name + value) + 2,
        0,
      )
      const roomBytes = context.provider.manifest.maxEnvBytes - usedBytes - 'FILL'.length - 2
      await launchReady(context, { env: { ...env, FILL: 'x'.repeat(roomBytes) } })
    },
  }),
]

/** An owner may be refused at once or by the promise. */
async function openIn(open: (owner: string) => Promise<unknown>, owner: string): Promise<unknown> {
  return open(owner)
}
