import { PlatformError } from '@openzimki/core'
import { runKit } from '@openzimki/provider/kit'
import { motoHarness } from './moto-harness.ts'
import { startMoto } from './moto-server.ts'

// The whole kit on moto: `npm run kit:ec2`. It takes minutes, since moto does, so it is a command of its own and not a test.

const moto = startMoto()
const harness = motoHarness(() => moto)
const { passed, failed, skipped } = await runKit({
  harness,
  onResult: ({ outcome, group, name, ms, message }) => {
    process.stdout.write(
      `${outcome} ${group}: ${name} (${ms} ms)${message === null ? '' : `\n  ${message}`}\n`,
    )
  },
})
process.stdout.write(`# ${passed} passed, ${failed} failed, ${skipped} skipped\n`)
await harness
  .close()
  .catch((thrown: unknown) => process.stderr.write(`${PlatformError.from(thrown).message}\n`))
process.exitCode = failed + skipped === 0 ? 0 : 1
