import assert from 'node:assert/strict'
import type { MachineProvider, MachineSpec } from '../contract.ts'
import { clockOf, group, ids, launchReady, rejects, soon, specOf, stubborn, until } from './case-tools.ts'
import type { CaseContext } from './harness.ts'

/** Moments after the start of a call at which the platform is lost. */
const MOMENTS_MS = [0, 1, 5, 25]
const GRACE_MS = 600_000
const LATE_MS = 3_000

/** Begins a launch in a platform that is then lost: killed where the harness can, else dropped with its calls in the air. */
async function launchAndLose(context: CaseContext, spec: MachineSpec, momentMs: number): Promise<void> {
  const platform = await context.harness.platformProcess?.(ownerOf(context), spec)
  if (platform) {
    platform.launched.catch(() => undefined)
    await clockOf(context).wait(momentMs)
    await platform.kill()
    return
  }
  const lost = await context.reopen()
  const launched = lost.launch(spec)
  launched.catch(() => undefined)
  if (momentMs > 0) await clockOf(context).wait(momentMs)
  await lost.close()
}

/** What the infrastructure took up for a platform that is gone may come about later than the platform's end. */
function quietFor(context: CaseContext): (isQuiet: boolean) => true | null {
  const clock = clockOf(context)
  const enoughMs = Math.min(LATE_MS, context.harness.settleMs / 4)
  let sinceMs: number | null = null
  return (isQuiet) => {
    if (!isQuiet) sinceMs = null
    else sinceMs ??= clock.nowMs()
    return sinceMs !== null && clock.nowMs() - sinceMs >= enoughMs ? true : null
  }
}

const ownerOf = ({ provider }: CaseContext) => provider.owner

/** Something begun by a platform that then went away; whether it was done is not known. */
async function loseInMid(provider: MachineProvider, work: Promise<unknown>): Promise<void> {
  work.catch(() => undefined)
  await provider.close()
}

export const restartCases = [
  ...group('restart', {
    'in mid-launch: the repeated launch gives one machine': async (context) => {
      for (const momentMs of MOMENTS_MS) {
        const spec = await specOf(context, { id: `cut-${momentMs}` })
        await launchAndLose(context, spec, momentMs)
        const machine = await context.provider.launch(spec)
        assert.equal(machine.id, spec.id)
        const found = (await ids(context.provider)).filter((id) => id === spec.id)
        assert.deepEqual(found, [spec.id])
      }
    },
    'in mid-launch: what there is is listed under our id, with what it was launched with': async (
      context,
    ) => {
      const spec = await specOf(context)
      await launchAndLose(context, spec, 1)
      const again = await context.reopen()
      const { fingerprint } = await again.launch(spec)
      const listed = await again.list()
      assert.deepEqual(
        listed.map((machine) => [machine.id, machine.fingerprint]),
        [[spec.id, fingerprint]],
      )
    },
    'in mid-launch: destroy leaves nothing': async (context) => {
      const before = (await context.harness.leftovers()).length
      for (const momentMs of MOMENTS_MS) {
        const spec = await specOf(context, { id: `cut-${momentMs}` })
        await launchAndLose(context, spec, momentMs)
        await context.provider.destroy(spec.id)
      }
      const quiet = quietFor(context)
      const gone = await until(context, async () => {
        for (const id of await ids(context.provider)) await context.provider.destroy(id)
        return quiet((await context.harness.leftovers()).length === before)
      })
      assert.ok(gone, `left behind: ${(await context.harness.leftovers()).join(', ')}`)
    },
    'in mid-launch: the id stays refused for another environment': async (context) => {
      const spec = await specOf(context)
      await launchAndLose(context, spec, 5)
      await context.provider.launch(spec)
      const other = { ...spec, env: { ...spec.env, OTHER: '1' } }
      await rejects((await context.reopen()).launch(other), 'ALREADY_EXISTS')
    },
    'in mid-stop: the repeated stop ends it': async (context) => {
      await launchReady(context, stubborn(context))
      await loseInMid(context.provider, context.provider.stop('m-1', { graceMs: GRACE_MS }))
      const again = await context.reopen()
      await soon(context, again.stop('m-1', { graceMs: 1 }), 'the repeated stop waited for the first one')
      assert.equal((await again.inspect('m-1')).state, 'stopped')
    },
    'in mid-destroy: the repeated destroy removes it': async (context) => {
      await launchReady(context)
      await loseInMid(context.provider, context.provider.destroy('m-1'))
      const again = await context.reopen()
      await again.destroy('m-1')
      assert.deepEqual(await ids(again), [])
    },
    'leaves machines as they were, and they can still be told to end': async (context) => {
      const launched = await launchReady(context)
      await context.provider.close()
      const again = await context.reopen()
      const { native, createdAtMs, state } = await again.inspect('m-1')
      assert.deepEqual([native, createdAtMs, state], [launched.native, launched.createdAtMs, 'running'])
      await again.stop('m-1', { graceMs: 5_000 })
      if (again.manifest.logs && again.manifest.gracefulStop) assert.match(await again.logs('m-1'), /bye/)
      else assert.equal((await again.inspect('m-1')).state, 'stopped')
    },
    'by kill leaves machines running exactly if the manifest says so': async (context) => {
      const { provider, harness } = context
      const spec = await specOf(context)
      const platform = await harness.platformProcess?.(ownerOf(context), spec)
      if (!platform) {
        await provider.launch(spec)
        await provider.close()
      } else {
        await platform.launched
        await platform.kill()
      }
      const again = await context.reopen()
      const wanted = again.manifest.outlivesPlatform || !platform ? 'running' : 'failed'
      const seen = await until(context, async () =>
        (await again.inspect('m-1')).state === wanted ? true : null,
      )
      assert.ok(
        seen,
        `the machine is not ${wanted} although outlivesPlatform is ${again.manifest.outlivesPlatform}`,
      )
    },
  }),
]
