import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figure, type ResultTable } from '../measure/results-page.ts'
import { median, medianRatio } from '../measure/statistics.ts'
import { onDockerEngine } from '../targets/docker-engine.ts'
import { openZimki } from '../targets/openzimki.ts'
import { measureTargets, type TargetFigures } from './measure-targets.ts'
import type { BenchContext, Scenario } from './scenario.ts'

const LOCAL = 'machine as a process'
const DOCKER = 'machine as a container'
const LEAST_RATIO = 0.9

/** Hello from a container and from a process, in turns: what the container costs. */
export const dockerPath: Scenario = {
  name: 'docker',
  async run(context) {
    const found = await onDockerEngine(context.say, ({ config }) => measureBoth(context, config))
    return pathTable(context, found)
  },
}

async function measureBoth(context: BenchContext, config: unknown): Promise<TargetFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-docker-'))
  const file = join(folder, 'docker.json')
  await writeFile(file, JSON.stringify(config))
  const target = (name: string, flags: string[]) =>
    openZimki({
      ...{ root: context.root, name, flags },
      folder: join(context.benchFolder, 'realms/hello-module'),
    })
  try {
    return await measureTargets(context, [
      target(LOCAL, []),
      target(DOCKER, ['--provider', 'docker', '--provider-config', file]),
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
}

function pathTable(
  { rounds, seconds }: BenchContext,
  found: { measured: TargetFigures } | { why: string },
): ResultTable {
  const results = 'measured' in found ? found.measured.results : new Map()
  const rates = (name: string): number[] =>
    (results.get(name) ?? []).map((result: { requestsPerSecond: number }) => result.requestsPerSecond)
  const ratio = medianRatio(rates(DOCKER), rates(LOCAL))
  return {
    title: 'Docker path',
    how:
      'why' in found
        ? `${found.why}.`
        : `The same hello from a machine that is a process and from one that is a container, ${rounds} interleaved pairs of ${seconds} s.`,
    columns: ['who', 'requests/s'],
    rows: [LOCAL, DOCKER].map((name) => [name, figure(median(rates(name)))]),
    promises: [
      {
        what: 'requests/s from a container against a process',
        target: `>= ${LEAST_RATIO} times`,
        measured: 'why' in found ? found.why : `${figure(ratio)} times`,
        met: ratio >= LEAST_RATIO,
      },
    ],
  }
}
