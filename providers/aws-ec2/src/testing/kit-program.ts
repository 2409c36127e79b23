import { type ProviderHarness, runKit } from '@openzimki/provider/kit'
import { startSimulator } from '../../simulator/index.ts'
import { motoHarness } from './moto-harness.ts'
import { startMoto } from './moto-server.ts'
import { simulatorHarness } from './simulator-harness.ts'

// The whole kit on a cloud that is none: `npm run kit:ec2 -- moto|bodiless|real`. It takes minutes, so it is a command of its own and not a test.

const CLOUDS: Record<string, () => Promise<ProviderHarness>> = {
  moto: async () => {
    const moto = startMoto()
    return motoHarness(() => moto)
  },
  bodiless: async () => simulatorHarness(await startSimulator(), false),
  real: async () => simulatorHarness(await startSimulator({ instances: 'real' }), true),
}

const [name = 'moto'] = process.argv.slice(2)
const open = CLOUDS[name]
if (!open) throw new Error(`there is no cloud ${name}; there are ${Object.keys(CLOUDS).join(', ')}`)
const harness = await open()
const end = new AbortController()
process.once('SIGINT', () => end.abort())
const { passed, failed, skipped } = await runKit({
  harness,
  signal: end.signal,
  onResult: ({ outcome, group, name: title, ms, message }) => {
    const why = message === null ? '' : `\n  ${message}`
    process.stdout.write(`${outcome} ${group}: ${title} (${ms} ms)${why}\n`)
  },
})
process.stdout.write(`# ${passed} passed, ${failed} failed, ${skipped} skipped\n`)
await harness.close()
process.exitCode = failed + skipped === 0 ? 0 : 1
