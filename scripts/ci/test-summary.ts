/** The part of Jest's `--json` result that matters here. */
export interface JestResult {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  /** Files that could not even be run. */
  numRuntimeErrorTestSuites: number
  testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[]
}

export interface TestSummary {
  /** `N passed, N failed, N skipped`. */
  line: string
  /** Something passed, nothing failed, nothing was left out. */
  ok: boolean
  /** Names of the tests that were left out. */
  skipped: string[]
  /** Names of the tests that failed, and of files that could not be run. */
  failed: string[]
}

/** Counts a file that cannot be run as a failure, and pending, to-do and otherwise left-out tests as skipped. */
export function summarizeTests(result: JestResult): TestSummary {
  const failedCount = result.numFailedTests + result.numRuntimeErrorTestSuites
  const named = (is: (status: string) => boolean) =>
    result.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => is(status)).map(({ fullName }) => fullName),
    )
  const filesNotRun = result.testResults
    .filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
    .map(({ name }) => name)
  const skipped = named((status) => status !== 'passed' && status !== 'failed')
  const skippedCount = Math.max(skipped.length, result.numPendingTests + result.numTodoTests)
  return {
    line: `${result.numPassedTests} passed, ${failedCount} failed, ${skippedCount} skipped`,
    ok: result.numPassedTests > 0 && failedCount === 0 && skippedCount === 0,
    skipped,
    failed: [...named((status) => status === 'failed'), ...filesNotRun],
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
