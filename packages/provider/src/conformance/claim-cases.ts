import assert from 'node:assert/strict'
import type { Machine } from '../contract.ts'
import { group, launch, launchReady, until, untilLogged } from './case-tools.ts'
import type { CaseContext } from './harness.ts'

const isNamed = ({ incarnation }: Machine): boolean =>
  typeof incarnation === 'string' && incarnation.length > 0

/** Of a machine that was crashed: it stays down, or runs again under another name. */
async function afterCrash({ provider }: CaseContext, id: string, before: unknown): Promise<Machine | null> {
  const seen = await provider.inspect(id)
  if (seen.state === 'failed') return seen
  return seen.state === 'running' && isNamed(seen) && seen.incarnation !== before ? seen : null
}

/** What a manifest says beyond the machine itself: shared sockets, and who starts a machine again. */
export const claimCases = [
  ...group('manifest', {
    'names the starts of machines where it says that they are started again, and nowhere else': async (
      context,
    ) => {
      const machine = await launchReady(context)
      if (context.provider.manifest.restartsMachines !== true) {
        const said = 'restartsMachines is not said, and yet a machine has an incarnation'
        assert.equal(machine.incarnation ?? null, null, said)
        return
      }
      assert.ok(isNamed(machine), 'restartsMachines is true, and yet a running machine has no incarnation')
      const reopened = await (await context.reopen()).inspect('m-1')
      assert.equal(reopened.incarnation, machine.incarnation, 'the name of a start changed without a start')
      const other = await launchReady(context, { id: 'm-2' })
      assert.notEqual(other.incarnation, machine.incarnation, 'two machines have one name of a start')
    },
    'tells two starts of a machine apart': async (context) => {
      if (context.provider.manifest.restartsMachines !== true) return
      const machine = await launchReady(context)
      await context.harness.crash(machine)
      const after = await until(context, () => afterCrash(context, 'm-1', machine.incarnation))
      assert.ok(
        after,
        `within ${context.harness.settleMs} ms of its crash a machine was neither failed nor running under another incarnation`,
      )
    },
    'shares the sockets of the platform where it says so': async (context) => {
      const { provider, harness } = context
      if (provider.manifest.sharesSockets !== true || !provider.manifest.logs) return
      const path = harness.sharedFile
      assert.ok(
        path,
        'sharesSockets is true, so the test bed must name a sharedFile: one in the folders that machines share with the platform',
      )
      await launch(context, { env: { ...harness.env, LOOK_FOR: path } })
      const said = await untilLogged(context, 'm-1', 'hello')
      assert.ok(
        said.includes(`found ${path}`),
        `sharesSockets is true, and yet a machine does not find ${path}`,
      )
    },
  }),
]
