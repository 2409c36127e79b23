import assert from 'node:assert/strict'
import { group, ids, launch, launchReady, rejects, specOf, until, untilState } from './case-tools.ts'
import type { CaseContext } from './harness.ts'

/** The infrastructure has what it had before, at once or soon: some of it forgets slowly. */
async function sameAs(context: CaseContext, before: string[]): Promise<void> {
  const wanted = before.toSorted()
  let left: string[] = []
  const same = await until(context, async () => {
    left = (await context.harness.leftovers()).toSorted()
    return left.join('\n') === wanted.join('\n') ? true : null
  })
  assert.ok(same, `left behind: ${left.filter((name) => !wanted.includes(name)).join(', ')}`)
}

export const leftoverCases = [
  ...group('leftovers', {
    'of a machine are seen while it is there, and gone after destroy': async (context) => {
      const before = await context.harness.leftovers()
      await launchReady(context)
      const there = await context.harness.leftovers()
      assert.ok(
        there.length > before.length,
        'leftovers() of the test bed does not see a machine that is there',
      )
      await context.provider.destroy('m-1')
      await sameAs(context, before)
    },
    'are none after launches that were refused': async (context) => {
      const before = await context.harness.leftovers()
      await rejects(launch(context, { size: 'no-such-size' }), 'INVALID_ARGUMENT')
      await rejects(launch(context, { zone: 'no-such-zone' }), 'INVALID_ARGUMENT')
      await rejects(launch(context, { id: 'Bad Id' }), 'INVALID_ARGUMENT')
      await sameAs(context, before)
    },
    'are none after a launch that was cut off, and destroy': async (context) => {
      const before = await context.harness.leftovers()
      const controller = new AbortController()
      const launched = context.provider.launch(await specOf(context), { signal: controller.signal })
      launched.catch(() => undefined)
      await new Promise((resolve) => setImmediate(resolve))
      controller.abort()
      await until(context, async () => {
        await context.provider.destroy('m-1')
        return (await ids(context.provider)).length === 0 ? true : null
      })
      await sameAs(context, before)
    },
    'are none after machines that crashed, and destroy': async (context) => {
      const before = await context.harness.leftovers()
      await context.harness.crash(await launchReady(context))
      await untilState(context, 'm-1', 'failed')
      await context.provider.destroy('m-1')
      await sameAs(context, before)
    },
    'are none after the last case': async (context) => {
      await sameAs(context, [])
    },
  }),
]
