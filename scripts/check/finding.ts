/** One thing that is wrong. Printed on one line: what, where, what to do. */
export interface Finding {
  check: 'types' | 'lint' | 'layers' | 'cycles' | 'sizes'
  /** `path:line` where it can be told. */
  where: string
  what: string
  todo: string
}

export function printFinding(finding: Finding): string {
  const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '')
  return `${finding.check}: ${finding.where}: ${oneLine(finding.what)}. ${oneLine(finding.todo)}.`
}
