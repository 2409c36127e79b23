import assert from 'node:assert/strict'
import { PlatformError } from '@openzimki/core'
import type { MachineProvider, MachineSpec } from '../contract.ts'
import { PROVIDER_ERROR_CODES } from '../provider-error-codes.ts'
import { callsOn, group, launch, rejects, specOf } from './case-tools.ts'

const SECRET = 'sesame-open'
const CODES: readonly string[] = PROVIDER_ERROR_CODES

/** Every call that takes an argument, with one that no call takes. */
function nonsense(provider: MachineProvider, spec: MachineSpec): (() => Promise<unknown>)[] {
  const id = null as never
  return [
    ...Object.values(callsOn(provider, { ...spec, id })),
    () => provider.launch({ ...spec, size: 7 as never }),
    () => provider.launch({ ...spec, zone: 7 as never }),
    () => provider.launch({ ...spec, env: { A: 7 as never } }),
    () => provider.stop('m-1', { graceMs: 'long' as never }),
    () => provider.logs('m-1', { maxBytes: 'all' as never }),
  ]
}

export const errorCases = [
  ...group('errors', {
    'come as rejections, also for nonsense': async (context) => {
      for (const call of nonsense(context.provider, await specOf(context))) {
        let given: Promise<unknown>
        try {
          given = call()
        } catch (thrown) {
          assert.fail(`a call threw at its caller in place of rejecting: ${String(thrown)}`)
        }
        await rejects(given, 'INVALID_ARGUMENT', 'UNSUPPORTED')
      }
    },
    'have a code of the closed set, whatever is asked': async (context) => {
      const spec = await specOf(context)
      const calls = [
        ...Object.values(callsOn(context.provider, { ...spec, id: 'Bad Id' })),
        ...nonsense(context.provider, spec),
        () => context.provider.inspect('never'),
        () => context.provider.launch({ ...spec, size: 'no-such-size' }),
      ]
      for (const call of calls) {
        const error = await call().then(
          () => assert.fail('a call that cannot succeed did'),
          (thrown: unknown) => thrown,
        )
        assert.ok(error instanceof PlatformError, `expected a PlatformError, got ${String(error)}`)
        assert.ok(CODES.includes(error.code), `${error.code} is not a code of this contract`)
      }
    },
    'name the machine that is not there': async ({ provider }) => {
      const { message } = await rejects(provider.inspect('never-there'), 'NOT_FOUND')
      assert.match(message, /never-there/)
    },
    'name the size that is not offered': async (context) => {
      const { message } = await rejects(launch(context, { size: 'no-such-size' }), 'INVALID_ARGUMENT')
      assert.match(message, /no-such-size/)
    },
    'do not show the environment': async (context) => {
      const env = { ...context.harness.env, JOIN_TOKEN: SECRET }
      await launch(context, { env })
      const error = await rejects(launch(context, { env: { ...env, OTHER: SECRET } }), 'ALREADY_EXISTS')
      assert.ok(!JSON.stringify([error, error.message, error.stack]).includes(SECRET))
    },
    'leave the provider fit for use': async (context) => {
      for (const id of ['Bad Id', 'never']) await context.provider.inspect(id).catch(() => undefined)
      await launch(context, { size: 'no-such-size' }).catch(() => undefined)
      assert.equal((await launch(context)).id, 'm-1')
    },
  }),
]
