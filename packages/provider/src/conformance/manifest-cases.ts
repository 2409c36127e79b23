import assert from 'node:assert/strict'
import { HARDENINGS, ISOLATIONS } from '../manifest-words.ts'
import { clockOf, group, launch, launchReady, rejects, soon, stubborn, untilLogged } from './case-tools.ts'
import type { CaseContext } from './harness.ts'
import { liesOf, parseFacts } from './probe-facts.ts'

const GRACE_MS = 600_000
const WELL_WITHIN_GRACE_MS = 200
const LOOKS = 10

const envBytes = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value) + 2, 0)

/** An environment of exactly so many bytes. */
function envOf({ harness }: CaseContext, bytes: number): Record<string, string> {
  const roomBytes = bytes - envBytes(harness.env) - 'FILL'.length - 2
  return { ...harness.env, FILL: 'x'.repeat(roomBytes) }
}

export const manifestCases = [
  ...group('manifest', {
    'is honest in shape, and the same each time': async (context) => {
      const { manifest, name } = context.provider
      assert.match(name, /^[a-z][a-z0-9-]*$/)
      assert.ok(
        ISOLATIONS.includes(manifest.isolation),
        `isolation ${manifest.isolation} is no word of the contract`,
      )
      assert.ok(manifest.maxEnvBytes >= 4_096, 'an agent needs 4096 bytes of environment')
      assert.deepEqual((await context.reopen()).manifest, manifest)
    },
    'names each hardening once, in the words of the contract': async ({ provider }) => {
      const { hardening } = provider.manifest
      assert.deepEqual(hardening, [...new Set(hardening)])
      for (const word of hardening) assert.ok(HARDENINGS.includes(word), `${word} is no word of the contract`)
    },
    'claims no isolation or hardening that a machine does not find': async (context) => {
      const { manifest } = context.provider
      if (!context.harness.reportsFacts) return
      if (!manifest.logs) return
      await launch(context, { env: { ...context.harness.env, REPORT: '1' } })
      const facts = parseFacts(await untilLogged(context, 'm-1', 'facts end'))
      const lies = liesOf(manifest, facts)
      assert.ok(lies.length === 0, lies.join('; '))
    },
    'tells the truth of an orderly end': async (context) => {
      const { provider } = context
      await launchReady(context, stubborn(context))
      const stopped = provider.stop('m-1', { graceMs: GRACE_MS })
      stopped.catch(() => undefined)
      if (!provider.manifest.gracefulStop) {
        await soon(context, stopped, 'gracefulStop is false, and yet stop waits for the grace')
        return
      }
      for (let look = 1; look <= LOOKS; look++) {
        await clockOf(context).wait(WELL_WITHIN_GRACE_MS / LOOKS)
        const { state } = await provider.inspect('m-1')
        assert.ok(
          state === 'running' || state === 'stopping',
          `gracefulStop is true, and yet a machine was ${state} long before its grace was over`,
        )
      }
    },
    'tells the truth of logs': async (context) => {
      await launch(context)
      if (context.provider.manifest.logs) await untilLogged(context, 'm-1', 'hello')
      else await rejects(context.provider.logs('m-1'), 'UNSUPPORTED')
    },
    'tells the truth of its largest environment': async (context) => {
      const { maxEnvBytes } = context.provider.manifest
      await rejects(launch(context, { env: envOf(context, maxEnvBytes + 1) }), 'INVALID_ARGUMENT')
      await launchReady(context, { env: envOf(context, maxEnvBytes) })
    },
    'tells the truth of what is still to be had': async (context) => {
      const [before] = await context.provider.offerings()
      await launch(context, { size: before?.size, zone: before?.zone })
      const [after] = await context.provider.offerings()
      const said = `capacity was ${before?.capacity} before a launch and ${after?.capacity} after it`
      if (typeof before?.capacity === 'number') assert.ok((after?.capacity ?? 0) < before.capacity, said)
      else assert.equal(after?.capacity, null, said)
    },
    'check finds that it works, in words': async ({ provider }) => {
      const { ok, findings } = await provider.check()
      assert.equal(ok, true, findings.map(({ text }) => text).join('; '))
      assert.ok(findings.length > 0, 'check says nothing: an operator wants to know what was looked at')
      for (const { text } of findings) assert.ok(text.length > 15, `a finding that says nothing: ${text}`)
    },
  }),
]
