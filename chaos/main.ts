import { randomInt } from 'node:crypto'
import { readArguments } from './arguments.ts'
import { launchesFaults, launchesText } from './launches/launches-report.ts'
import { runEc2Launches } from './launches/run-ec2-launches.ts'
import { runLaunches } from './launches/run-launches.ts'
import { runStorm } from './storm/run-storm.ts'
import { stormText } from './storm/storm-report.ts'

// `npm run chaos`: kills parts of a platform under load and looks at what was lost. `npm run chaos -- launches`: launches machines on
// an engine or an EC2 whose answers get lost, and looks at what is left.

const command = readArguments(process.argv.slice(2), () => randomInt(2 ** 32))
const say = (line: string) => void process.stderr.write(`${line}\n`)
say(`seed ${command.seed}`)
if (command.run === 'storm') {
  const report = await runStorm({ ...command, say })
  process.stdout.write(command.json ? `${JSON.stringify(report, null, 2)}\n` : stormText(report))
  process.exitCode = report.complaints.length === 0 ? 0 : 1
} else {
  const run = command.provider === 'docker' ? runLaunches : runEc2Launches
  const report = await run({ ...command, say })
  process.stdout.write(command.json ? `${JSON.stringify(report, null, 2)}\n` : launchesText(report))
  process.exitCode = launchesFaults(report).length === 0 ? 0 : 1
}
