import { expect, it } from '@jest/globals'
import { type JestResult, summarizeRuns, summarizeTests } from './test-summary.ts'

const result = (over: Partial<JestResult>): JestResult => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
  ...over,
})

it.each<[string, Partial<JestResult>, string, boolean]>([
  ['all passed', {}, '3 passed, 0 failed, 0 skipped', true],
  ['one failed', { numFailedTests: 1 }, '3 passed, 1 failed, 0 skipped', false],
  ['a file that cannot run', { numRuntimeErrorTestSuites: 2 }, '3 passed, 2 failed, 0 skipped', false],
  ['one skipped', { numPendingTests: 1 }, '3 passed, 0 failed, 1 skipped', false],
  ['one to do', { numTodoTests: 1 }, '3 passed, 0 failed, 1 skipped', false],
  ['nothing run', { numPassedTests: 0 }, '0 passed, 0 failed, 0 skipped', false],
])('%s', (_, over, line, ok) => {
  expect(summarizeTests(result(over))).toMatchObject({ line, ok })
})

it('names what was left out, whatever Jest calls it', () => {
  const assertionResults = ['passed', 'pending', 'todo', 'disabled'].map((status) => ({
    fullName: `a ${status}`,
    status,
  }))
  const summary = summarizeTests(result({ testResults: [{ name: 'x', status: 'passed', assertionResults }] }))
  expect(summary).toMatchObject({ ok: false, skipped: ['a pending', 'a todo', 'a disabled'] })
  expect(summary.line).toBe('3 passed, 0 failed, 3 skipped')
})

it('names what failed: tests, and files that could not be run', () => {
  const assertionResults = ['passed', 'failed'].map((status) => ({ fullName: `a ${status}`, status }))
  const testResults = [
    { name: 'x.test.ts', status: 'failed', assertionResults },
    { name: 'y.test.ts', status: 'failed', assertionResults: [] },
  ]
  expect(summarizeTests(result({ testResults })).failed).toEqual(['a failed', 'y.test.ts'])
})

it('adds up several runs, none of which may be empty', () => {
  expect(summarizeRuns([result({}), result({ numPassedTests: 2 })])).toMatchObject({
    line: '5 passed, 0 failed, 0 skipped',
    ok: true,
  })
  expect(summarizeRuns([result({}), result({ numPassedTests: 0 })]).ok).toBe(false)
  expect(summarizeRuns([result({}), result({ numFailedTests: 1 })]).ok).toBe(false)
})
