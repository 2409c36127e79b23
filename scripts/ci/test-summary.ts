/** The part of Jest's `--json` result that matters here. */
export interface JestResult {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  /** Files that could not even be run. */
  numRuntimeErrorTestSuites: number
  testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[]
}

export interface TestSummary {
  /** `N passed, N failed, N skipped`. */
  line: string
  /** Something passed, nothing failed, nothing was left out. */
  ok: boolean
  /** Names of the tests that were left out. */
  skipped: string[]
}

/** Counts a file that cannot be run as a failure, and pending, to-do and otherwise left-out tests as skipped. */
export function summarizeTests(result: JestResult): TestSummary {
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites
  const all = result.testResults.flatMap(({ assertionResults }) => assertionResults)
  const skipped = all
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName)
  const skippedCount = Math.max(skipped.length, result.numPendingTests + result.numTodoTests)
  return {
    line: `${result.numPassedTests} passed, ${failed} failed, ${skippedCount} skipped`,
    ok: result.numPassedTests > 0 && failed === 0 && skippedCount === 0,
    skipped,
  }
}

/** Several runs as one: each must have passed something. */
export function summarizeRuns(results: readonly JestResult[]): TestSummary {
  const sum = (count: (result: JestResult) => number) => results.reduce((all, one) => all + count(one), 0)
  const whole = summarizeTests({
    numPassedTests: sum((one) => one.numPassedTests),
    numFailedTests: sum((one) => one.numFailedTests),
    numPendingTests: sum((one) => one.numPendingTests),
    numTodoTests: sum((one) => one.numTodoTests),
    numRuntimeErrorTestSuites: sum((one) => one.numRuntimeErrorTestSuites),
    testResults: results.flatMap((one) => one.testResults),
  })
  return { ...whole, ok: whole.ok && results.every((one) => summarizeTests(one).ok) }
}
