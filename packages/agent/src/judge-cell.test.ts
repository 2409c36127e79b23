import { describe, expect, it } from '@jest/globals'
import type { IsolateReport } from '@openzimki/core'
import { type CellFacts, type JudgeBounds, judgeCell } from './judge-cell.ts'
import { testLoad } from './testing/test-control.ts'
import { Vitals } from './vitals.ts'

const BOUNDS: JudgeBounds = { hangMs: 2_000, overrunGraceMs: 1_000, startMs: 15_000, cellRssBytes: 1_000 }
const OLD_MS = 1_000_000

function isolate(deployment: string, change: Partial<IsolateReport> = {}): IsolateReport {
  return { realm: 'realm', deployment, heapBytes: 1, active: 0, overrunMs: 0, idleMs: 0, ...change }
}

/** A cell that was pinged at OLD_MS and last reported these isolates. */
function facts(isolates: IsolateReport[], change: Partial<CellFacts> = {}): CellFacts {
  const vitals = new Vitals(0)
  vitals.pong(vitals.pingSent(0), isolates, 0)
  vitals.pingSent(OLD_MS)
  const deployments = isolates.map(({ deployment }) => ({ load: testLoad(deployment), isLoading: false }))
  return { isReady: true, vitals, rssBytes: 1, deployments, ...change }
}

const loading = (deployment: string) => ({ load: testLoad(deployment), isLoading: true })
const silent = OLD_MS + 2_001

describe('judgeCell', () => {
  it('leaves alone what answers in time and keeps its bounds', () => {
    expect(
      judgeCell(facts([isolate('a', { active: 5, overrunMs: 1_000 })]), BOUNDS, OLD_MS + 2_000),
    ).toBeNull()
  })

  it('takes no pong for no life while a later ping is answered', () => {
    const cell = facts([])
    cell.vitals.pong(2, [], OLD_MS + 1_999)
    expect(judgeCell(cell, BOUNDS, silent)).toBeNull()
    cell.vitals.pong(99, [], silent)
    cell.vitals.pingSent(silent)
    cell.vitals.pong(2, [], silent + 1_000)
    expect(judgeCell(cell, BOUNDS, silent + 2_001)).toMatchObject({ act: 'kill' })
  })

  it('forgives the time in which the agent stood still', () => {
    const cell = facts([])
    cell.vitals.excuse(500)
    expect(judgeCell(cell, BOUNDS, silent)).toBeNull()
    expect(judgeCell(cell, BOUNDS, silent + 500)).toMatchObject({ act: 'kill' })
  })

  it.each([
    [
      'the busy ones',
      facts([isolate('a', { active: 1 }), isolate('b', { active: 2 }), isolate('c')]),
      ['a', 'b'],
      false,
    ],
    [
      'nobody for certain, though only one was busy',
      facts([isolate('a', { active: 1 }), isolate('b')]),
      ['a'],
      false,
    ],
    ['all when none was busy', facts([isolate('a'), isolate('b')]), ['a', 'b'], false],
    ['the only one for certain', facts([isolate('a')]), ['a'], true],
    [
      'what is being loaded',
      facts([isolate('a')], { deployments: [{ load: testLoad('a'), isLoading: false }, loading('b')] }),
      ['b'],
      false,
    ],
    ['nobody in an empty cell', facts([]), [], false],
  ])('when it is silent suspects %s', (_, cell, deployments, known) => {
    const keys = deployments.map((deployment) => `realm/${deployment}`)
    expect(judgeCell(cell, BOUNDS, silent)).toMatchObject({ act: 'kill', blame: { keys, known } })
  })

  it('blames an isolate that overruns, for certain', () => {
    const cell = facts([isolate('a', { overrunMs: 1_001 }), isolate('b', { active: 3 })])
    expect(judgeCell(cell, BOUNDS, OLD_MS)).toMatchObject({
      act: 'kill',
      blame: { keys: ['realm/a'], known: true },
    })
  })

  it('kills what does not start', () => {
    const cell = facts([], { isReady: false })
    expect(judgeCell(cell, BOUNDS, 15_000)).toBeNull()
    expect(judgeCell(cell, BOUNDS, 15_001)).toMatchObject({ act: 'kill', blame: null })
  })

  it('replaces what grew beyond its bound, and kills what went far beyond', () => {
    expect(judgeCell(facts([], { rssBytes: 1_001 }), BOUNDS, OLD_MS)).toMatchObject({ act: 'replace' })
    expect(judgeCell(facts([], { rssBytes: 1_001 }), BOUNDS, 9_999)).toBeNull()
    expect(judgeCell(facts([], { rssBytes: 1_501 }), BOUNDS, 9_999)).toMatchObject({ act: 'kill' })
    expect(judgeCell(facts([], { rssBytes: null }), BOUNDS, OLD_MS)).toBeNull()
  })
})
