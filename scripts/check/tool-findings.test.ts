import { expect, it } from '@jest/globals'
import { printFinding } from './finding.ts'
import { lintFindings, typeFindings } from './tool-findings.ts'

it('typeFindings reads errors with and without a place, each on one line', () => {
  const output = `packages/a/src/x.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.
  Further explanation.
error TS18003: No inputs were found.
`
  expect(typeFindings(output).map(printFinding)).toEqual([
    "types: packages/a/src/x.ts:3: error TS2322: Type 'string' is not assignable to type 'number'. Mend the types.",
    'types: tsconfig.json: error TS18003: No inputs were found. Mend the types.',
  ])
  expect(typeFindings('')).toEqual([])
})

it("lintFindings reads Biome's report, in both forms it gives a path", () => {
  const report = {
    diagnostics: [
      {
        category: 'lint/suspicious/noExplicitAny',
        message: 'Unexpected any.',
        location: { path: 'a.ts', start: { line: 2 } },
      },
      {
        category: 'format',
        message: 'File is\nnot formatted',
        location: { path: { file: 'b.ts' }, start: { line: 0 } },
      },
    ],
  }
  expect(lintFindings(JSON.stringify(report)).map(printFinding)).toEqual([
    'lint: a.ts:2: lint/suspicious/noExplicitAny: Unexpected any. Mend it, or run npm run format if it can be mended by itself.',
    'lint: b.ts: format: File is not formatted. Run npm run format.',
  ])
  expect(lintFindings('{"summary":{}}')).toEqual([])
})
