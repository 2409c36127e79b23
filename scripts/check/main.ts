import { fileURLToPath } from 'node:url'
import { checkCycles } from './check-cycles.ts'
import { checkLayers } from './check-layers.ts'
import { checkSizes, printFigures } from './check-sizes.ts'
import { type Finding, printFinding } from './finding.ts'
import { parseSources } from './parsed-source.ts'
import { runTool, type ToolResult } from './run-tool.ts'
import { readSourceTree } from './source-tree.ts'
import { lintFindings, typeFindings } from './tool-findings.ts'
import { readPackages, readTestTools } from './workspace-package.ts'

// `npm run check`: types, lint and format, layers, cycles, sizes. All are run whatever fails, one line for each thing found.

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

async function checkTypes(): Promise<Finding[]> {
  const result = await runTool(root, 'node_modules/typescript/bin/tsc', [
    '--noEmit',
    '--pretty',
    'false',
    '-p',
    '.',
  ])
  return heard('types', result, typeFindings(result.stdout))
}

async function checkLint(): Promise<Finding[]> {
  const args = ['check', '--reporter=json', '--max-diagnostics=none', '--error-on-warnings', '.']
  const result = await runTool(root, 'node_modules/@biomejs/biome/bin/biome', args)
  return heard('lint', result, result.stdout.startsWith('{') ? lintFindings(result.stdout) : [])
}

/** A tool that failed without a finding that we could read has failed all the same. */
function heard(check: Finding['check'], result: ToolResult, findings: Finding[]): Finding[] {
  if (result.status === 0 || findings.length > 0) return findings
  const what = `the tool ended with ${result.status}: ${(result.stderr || result.stdout).slice(0, 500)}`
  return [{ check, where: 'scripts/check', what, todo: 'Run it by hand to see more' }]
}

function checkSources(): Finding[] {
  const tree = readSourceTree(root)
  const packages = readPackages(tree)
  const sources = parseSources(tree)
  const { findings, figures } = checkSizes(sources)
  process.stdout.write(`${printFigures(figures)}\n`)
  return [
    ...checkLayers({ sources, packages, testTools: readTestTools(tree) }),
    ...checkCycles(sources, packages),
    ...findings,
  ]
}

const findings = (await Promise.all([checkTypes(), checkLint(), checkSources()])).flat()
for (const finding of findings) process.stdout.write(`${printFinding(finding)}\n`)
process.stdout.write(findings.length === 0 ? 'check: all is well\n' : `check: ${findings.length} found\n`)
process.exitCode = findings.length === 0 ? 0 : 1
