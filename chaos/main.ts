import { randomInt } from 'node:crypto'
import { readArguments } from './arguments.ts'
import { launchesFaults, launchesText } from './launches/launches-report.ts'
import { runEc2Launches } from './launches/run-ec2-launches.ts'
import { runLaunches } from './launches/run-launches.ts'
import { Interrupted, interrupted } from './processes/interrupted.ts'
import { runStorm } from './storm/run-storm.ts'
import { stormText } from './storm/storm-report.ts'

// `npm run chaos`: kills parts of a platform under load and looks at what was lost. `npm run chaos -- launches`: launches machines on
// an engine or an EC2 whose answers get lost, and looks at what is left.

const command = readArguments(process.argv.slice(2), () => randomInt(2 ** 32))
const say = (line: string) => void process.stderr.write(`${line}\n`)
const options = { say, interrupted: interrupted(say) }
say(`seed ${command.seed}`)
try {
  const [text, isWell] = await carryOut()
  process.stdout.write(text)
  process.exitCode = isWell ? 0 : 1
} catch (error) {
  if (!(error instanceof Interrupted)) throw error
  // What was under way fails now that its ground is gone: nobody listens.
  process.exit(130)
}

async function carryOut(): Promise<[text: string, isWell: boolean]> {
  if (command.run === 'storm') {
    const report = await runStorm({ ...command, ...options })
    const text = command.json ? `${JSON.stringify(report, null, 2)}\n` : stormText(report)
    return [text, report.complaints.length === 0]
  }
  const run = command.provider === 'docker' ? runLaunches : runEc2Launches
  const report = await run({ ...command, ...options })
  const text = command.json ? `${JSON.stringify(report, null, 2)}\n` : launchesText(report)
  return [text, launchesFaults(report).length === 0]
}
