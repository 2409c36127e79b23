import { join } from 'node:path'
import type { LoadResult } from '../measure/load.ts'
import { figure, type MeasuredPromise } from '../measure/results-page.ts'
import { median, medianRatio } from '../measure/statistics.ts'
import { openZimki } from '../targets/openzimki.ts'
import { peers } from '../targets/peers.ts'
import { measureTargets, type TargetFigures } from './measure-targets.ts'
import type { BenchContext, Scenario } from './scenario.ts'

const RIVAL = 'workerd'
const OURS = 'OpenZimki, module'
const LEAST_RATIO = 1.25

/** Hello through gateway and cell, metered, against workerd running the same program directly. */
export const hello: Scenario = {
  name: 'hello',
  async run(context) {
    const folder = (name: string) => join(context.benchFolder, 'realms', name)
    const figures = await measureTargets(context, [
      openZimki({ root: context.root, name: OURS, folder: folder('hello-module') }),
      openZimki({ root: context.root, name: 'OpenZimki, script', folder: folder('hello-script') }),
      ...peers(context.benchFolder),
    ])
    return helloTable(context, figures)
  },
}

/** The peers alone: tells whether the harness and the machine are in order. */
export const peersAlone: Scenario = {
  name: 'peers',
  async run(context) {
    const table = helloTable(context, await measureTargets(context, peers(context.benchFolder)))
    return { ...table, title: 'Peers alone', promises: [] }
  },
}

export function helloTable(context: BenchContext, { results, memoryMb }: TargetFigures) {
  const of = (name: string, field: keyof LoadResult) =>
    (results.get(name) ?? []).map((result) => result[field])
  const rows = [...results.keys()].map((name) => [
    name,
    figure(median(of(name, 'requestsPerSecond'))),
    figure(medianRatio(of(name, 'requestsPerSecond'), of(RIVAL, 'requestsPerSecond'))),
    figure(median(of(name, 'p50Ms'))),
    figure(median(of(name, 'p99Ms'))),
    figure(memoryMb.get(name) ?? Number.NaN),
  ])
  const ratio = medianRatio(of(OURS, 'requestsPerSecond'), of(RIVAL, 'requestsPerSecond'))
  const p99Ms = { ours: median(of(OURS, 'p99Ms')), rival: median(of(RIVAL, 'p99Ms')) }
  const promises: MeasuredPromise[] = [
    {
      what: `hello, requests/s against ${RIVAL}`,
      target: `>= ${LEAST_RATIO} times`,
      measured: `${figure(ratio)} times`,
      met: ratio >= LEAST_RATIO,
    },
    {
      what: `hello, p99 against ${RIVAL}`,
      target: `<= ${figure(p99Ms.rival)} ms`,
      measured: `${figure(p99Ms.ours)} ms`,
      met: p99Ms.ours <= p99Ms.rival,
    },
  ]
  return {
    title: 'Hello',
    how: `${context.connections} connections, ${context.rounds} rounds of ${context.seconds} s for each, in turns, each of a start of its own. OpenZimki answers through gateway and cell, metered; the others answer directly.`,
    columns: ['who', 'requests/s', `against ${RIVAL}`, 'p50 ms', 'p99 ms', 'memory MB'],
    rows,
    promises,
  }
}
