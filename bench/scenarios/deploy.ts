import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figure } from '../measure/results-page.ts'
import { percentile } from '../measure/statistics.ts'
import { startPlatform } from '../targets/openzimki.ts'
import type { Scenario } from './scenario.ts'

const DEPLOYMENTS = 30
const PROGRAM_BYTES = 100_000
const MOST_MS = 150

/** Deploy to live, for a program of 100 KB that changes each time. */
export const deploy: Scenario = {
  name: 'deploy',
  async run({ root, say }) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-deploy-'))
    const platform = await startPlatform({ root })
    try {
      const liveMs: number[] = []
      const commandMs: number[] = []
      for (let round = 0; round < DEPLOYMENTS; round++) {
        await writeRealm(folder, round)
        const startMs = performance.now()
        const { ms } = await platform.deploy(folder, 'deployed')
        commandMs.push(performance.now() - startMs)
        liveMs.push(ms)
        say(`deployment ${round + 1} of ${DEPLOYMENTS}: ${Math.round(ms)} ms`)
      }
      return deployTable(liveMs, commandMs)
    } finally {
      await platform.stop()
      await rm(folder, { recursive: true })
    }
  },
}

function deployTable(liveMs: number[], commandMs: number[]) {
  const p50Ms = percentile(liveMs, 0.5)
  const row = (what: string, values: number[]) => [
    what,
    figure(percentile(values, 0.5)),
    figure(percentile(values, 0.99)),
  ]
  return {
    title: 'Deploy to live',
    how: `A program of 100 KB, changed each time, ${DEPLOYMENTS} times.`,
    columns: ['what', 'p50 ms', 'p99 ms'],
    rows: [row('deploy to live', liveMs), row('the whole command `zimki deploy`', commandMs)],
    promises: [
      {
        what: 'deploy to live, 100 KB, p50',
        target: `<= ${MOST_MS} ms`,
        measured: `${figure(p50Ms)} ms`,
        met: p50Ms <= MOST_MS,
      },
    ],
  }
}

async function writeRealm(folder: string, round: number): Promise<void> {
  await mkdir(join(folder, 'javascript'), { recursive: true })
  await writeFile(join(folder, 'realm.json'), '{ "type": "script" }\n')
  const filler = (line: number) => `function helper${line}(a, b) { return a + b * ${line} + ${round} }\n`
  let source = "zimki.publishPath('/', function () { return 'hello' })\n"
  for (let line = 0; source.length < PROGRAM_BYTES; line++) source += filler(line)
  await writeFile(join(folder, 'javascript/program.js'), source)
}
