import { readFileSync } from 'node:fs'
import { type JestResult, summarizeRuns } from './test-summary.ts'

// Usage: print-test-summary.ts RESULT.json ... The last line it prints is `N passed, N failed, N skipped`.

const results = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as JestResult)
const summary = summarizeRuns(results)
for (const name of summary.skipped) process.stdout.write(`skipped, which is not allowed here: ${name}\n`)
for (const name of summary.failed) process.stdout.write(`failed: ${name}\n`)
process.stdout.write(`${summary.line}\n`)
process.exitCode = summary.ok ? 0 : 1
