import { parseArgs } from 'node:util'
import { type ProviderHarness, providerCases, runKit, titleOf } from '@openzimki/provider/kit'
import { startSimulator } from '../../simulator/index.ts'
import { motoHarness } from './moto-harness.ts'
import { startMoto } from './moto-server.ts'
import { simulatorHarness } from './simulator-harness.ts'

// The whole kit on a cloud that is none: `npm run kit:ec2 -- moto|bodiless|real [--only launch,stop]`. It takes minutes, so it is a command of
// its own and not a test.

/** Where nothing runs that could use a grace, AWS's own time for a stop is what there is of it. */
const STOPPING_MS = 500
const NOT_ASKED = 'not asked for'

const CLOUDS: Record<string, () => Promise<ProviderHarness>> = {
  moto: async () => {
    const moto = startMoto()
    return motoHarness(() => moto)
  },
  bodiless: async () => simulatorHarness(await startSimulator({ times: { stoppingMs: STOPPING_MS } }), false),
  real: async () => simulatorHarness(await startSimulator({ instances: 'real' }), true),
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' } },
})
const [name = 'moto'] = positionals
const open = CLOUDS[name]
if (!open) throw new Error(`there is no cloud ${name}; there are ${Object.keys(CLOUDS).join(', ')}`)
const only = values.only?.split(',')
const left = providerCases.filter(({ group }) => only && !only.includes(group))
if (left.length === providerCases.length) throw new Error(`there is no group ${values.only}`)
const harness = await open()
const end = new AbortController()
process.once('SIGINT', () => end.abort())
const { passed, failed, skipped } = await runKit({
  harness,
  skip: Object.fromEntries(left.map((one) => [titleOf(one), NOT_ASKED])),
  signal: end.signal,
  onResult: ({ outcome, group, name: title, ms, message }) => {
    if (message === NOT_ASKED) return
    const why = message === null ? '' : `\n  ${message}`
    process.stdout.write(`${outcome} ${group}: ${title} (${ms} ms)${why}\n`)
  },
})
process.stdout.write(`# ${passed} passed, ${failed} failed, ${skipped - left.length} skipped\n`)
await harness.close()
process.exitCode = failed + skipped - left.length === 0 ? 0 : 1
