import type { TestResult } from '@openzimki/api'

/** The report of unit tests in TAP version 14: a subtest for each file. */
export function formatTap(tests: TestResult[]): string {
  const lines = ['TAP version 14', `1..${tests.length}`]
  tests.forEach((test, index) => {
    lines.push(`# Subtest: ${oneLine(test.name)}`)
    test.points.forEach((point, at) => {
      lines.push(
        `    ${point.ok ? 'ok' : 'not ok'} ${at + 1}${point.name ? ` - ${oneLine(point.name)}` : ''}`,
      )
      if (point.message !== null) lines.push(...diagnostic(point.message, '      '))
    })
    lines.push(`    1..${test.planned ?? test.points.length}`)
    lines.push(`${test.ok ? 'ok' : 'not ok'} ${index + 1} - ${oneLine(test.name)}`)
    if (test.error !== null) lines.push(...diagnostic(test.error, '  '))
  })
  return `${lines.join('\n')}\n`
}

/** A YAML block; JSON text is YAML, so nothing in it can end the block. */
const diagnostic = (message: string, indent: string): string[] => [
  `${indent}---`,
  `${indent}message: ${JSON.stringify(message)}`,
  `${indent}...`,
]

/** A name cannot start a line or a directive of its own. */
const oneLine = (text: string): string => text.slice(0, 500).replace(/\s+/g, ' ').replace(/[\\#]/g, '\\$&')
