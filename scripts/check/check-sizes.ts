import type { Finding } from './finding.ts'
import type { ParsedSource } from './parsed-source.ts'
import { isTestCode } from './source-kind.ts'

/** Budgets in lines. A budget is met by better structure, never by cutting a thing in two at a random line. */
export const BUDGETS = {
  fileMedian: 80,
  fileP95: 250,
  fileMost: 500,
  functionP95: 40,
  functionMost: 80,
  contractMost: 150,
  /** Of a contract's filled lines. */
  contractCommentShare: 0.5,
}

export interface SizeFigures {
  files: number
  fileMedian: number
  fileP95: number
  fileMost: number
  functions: number
  functionP95: number
  functionMost: number
}

const CONTRACT = /(?:^|\/)(?:[\w-]+-)?contract\.ts$/

/** Holds the sources, tests aside, to the budgets; the figures are for printing. */
export function checkSizes(all: ParsedSource[]): { findings: Finding[]; figures: SizeFigures } {
  const sources = all.filter((source) => !isTestCode(source.path))
  const figures = measure(sources)
  const findings = [
    ...sources.flatMap(longFunctions),
    ...sources.filter(({ lines }) => lines > BUDGETS.fileMost).map(longFile),
    ...sources.filter(({ path }) => CONTRACT.test(path)).flatMap(badContract),
    ...overall('file median', figures.fileMedian, BUDGETS.fileMedian, longest(sources)),
    ...overall('file p95', figures.fileP95, BUDGETS.fileP95, longest(sources)),
    ...overall('function p95', figures.functionP95, BUDGETS.functionP95, longestFunctions(sources)),
  ]
  return { findings, figures }
}

export function printFigures(figures: SizeFigures): string {
  const { files, functions } = figures
  const fileFigures = `median ${figures.fileMedian} (<= ${BUDGETS.fileMedian}), p95 ${figures.fileP95} (<= ${BUDGETS.fileP95}), most ${figures.fileMost} (<= ${BUDGETS.fileMost})`
  const functionFigures = `p95 ${figures.functionP95} (<= ${BUDGETS.functionP95}), most ${figures.functionMost} (<= ${BUDGETS.functionMost})`
  return `sizes in lines: ${files} files ${fileFigures}; ${functions} functions ${functionFigures}`
}

function measure(sources: ParsedSource[]): SizeFigures {
  const fileLines = sources.map((source) => source.lines)
  const functionLines = sources.flatMap((source) => source.functions.map((entry) => entry.lines))
  return {
    files: fileLines.length,
    fileMedian: percentile(fileLines, 0.5),
    fileP95: percentile(fileLines, 0.95),
    fileMost: percentile(fileLines, 1),
    functions: functionLines.length,
    functionP95: percentile(functionLines, 0.95),
    functionMost: percentile(functionLines, 1),
  }
}

/** The smallest value that at least this share of the values do not exceed (nearest rank); 0 for none. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

function longFunctions(source: ParsedSource): Finding[] {
  return source.functions
    .filter(({ lines }) => lines > BUDGETS.functionMost)
    .map(({ name, line, lines }) => ({
      check: 'sizes',
      where: `${source.path}:${line}`,
      what: `function ${name} has ${lines} lines; ${BUDGETS.functionMost} is the most`,
      todo: 'Find the steps it is made of and name them',
    }))
}

function longFile({ path, lines }: ParsedSource): Finding {
  return {
    check: 'sizes',
    where: path,
    what: `the file has ${lines} lines; ${BUDGETS.fileMost} is the most`,
    todo: 'Find the second thing that lives in it and give it a file of its own',
  }
}

function badContract(source: ParsedSource): Finding[] {
  const where = source.path
  const findings: Finding[] = []
  if (source.lines > BUDGETS.contractMost) {
    const what = `the contract has ${source.lines} lines; ${BUDGETS.contractMost} is the most`
    findings.push({ check: 'sizes', where, what, todo: 'Ask less of those who implement it' })
  }
  const share = source.commentLines / Math.max(1, source.filledLines)
  if (share < BUDGETS.contractCommentShare) {
    const what = `${Math.floor(share * 100)} % of the contract is comment; half is the least`
    findings.push({
      check: 'sizes',
      where,
      what,
      todo: 'Say what each member guarantees, in which units and shapes, and which errors it gives',
    })
  }
  return findings
}

function overall(name: string, figure: number, budget: number, worst: string): Finding[] {
  if (figure <= budget) return []
  return [
    {
      check: 'sizes',
      where: worst,
      what: `${name} is ${figure} lines; ${budget} is the most`,
      todo: 'These are the longest: start there',
    },
  ]
}

function longest(sources: ParsedSource[]): string {
  const worst = sources.toSorted((a, b) => b.lines - a.lines).slice(0, 3)
  return worst.map(({ path, lines }) => `${path} (${lines})`).join(', ')
}

function longestFunctions(sources: ParsedSource[]): string {
  const all = sources.flatMap(({ path, functions }) => functions.map((entry) => ({ path, ...entry })))
  const worst = all.toSorted((a, b) => b.lines - a.lines).slice(0, 3)
  return worst.map(({ path, line, lines }) => `${path}:${line} (${lines})`).join(', ')
}
