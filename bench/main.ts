import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findLoadGenerator } from './measure/load.ts'
import { machineLine } from './measure/machine.ts'
import { type ResultTable, resultsPage } from './measure/results-page.ts'
import { coldStart } from './scenarios/cold-start.ts'
import { deploy } from './scenarios/deploy.ts'
import { dockerPath } from './scenarios/docker-path.ts'
import { hello, peersAlone } from './scenarios/hello.ts'
import { machineStart } from './scenarios/machine-start.ts'
import { meterCost } from './scenarios/meter-cost.ts'
import { placement } from './scenarios/placement.ts'
import type { BenchContext, Scenario } from './scenarios/scenario.ts'
import { store } from './scenarios/store.ts'
import { warmMemory } from './scenarios/warm-memory.ts'
import { week } from './scenarios/week.ts'

// `npm run bench`: measures everything and writes RESULTS.md. `npm run bench -- --only hello,meter` measures a part and prints it.

const SCENARIOS: Scenario[] = [
  hello,
  meterCost,
  coldStart,
  deploy,
  warmMemory,
  machineStart,
  dockerPath,
  placement,
  store,
  week,
]
const benchFolder = dirname(fileURLToPath(import.meta.url))

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
  },
})

/** Peers are this folder's own dependencies, so that nobody else has to install them. */
function installPeers(): void {
  if (existsSync(join(benchFolder, 'node_modules/.package-lock.json'))) return
  const { status } = spawnSync('npm', ['ci'], { cwd: benchFolder, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('npm ci in bench/ failed; what it printed is above')
}

function chosen(): Scenario[] {
  if (values.only === undefined) return SCENARIOS
  const all = [...SCENARIOS, peersAlone]
  return values.only.split(',').map((name) => {
    const scenario = all.find((entry) => entry.name === name)
    if (scenario) return scenario
    throw new Error(`There is no "${name}" to measure; there is ${all.map((entry) => entry.name).join(', ')}`)
  })
}

function wholeNumber(name: 'rounds' | 'seconds' | 'connections', most: number): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new Error(`--${name} must be a whole number from 1 to ${most}`)
}

const scenarios = chosen()
const numbers = {
  rounds: wholeNumber('rounds', 100),
  seconds: wholeNumber('seconds', 60),
  connections: wholeNumber('connections', 1_000),
}
const isMeasured = scenarios.some(({ isSimulated = false }) => !isSimulated)
if (isMeasured) installPeers()
const say = (line: string) => process.stderr.write(`${line}\n`)
const load = await findLoadGenerator(benchFolder)
const context: BenchContext = { root: dirname(benchFolder), benchFolder, load, ...numbers, say }
const tables: ResultTable[] = []
for (const scenario of scenarios) tables.push(await scenario.run(context))
const page = resultsPage(machineLine(), load.name, tables)
process.stdout.write(page)
if (values.only === undefined) await writeFile(join(benchFolder, 'RESULTS.md'), page)
if (tables.some(({ promises }) => promises.some(({ met }) => !met))) process.exitCode = 1
