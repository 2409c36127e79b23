import type { Finding } from './finding.ts'

/** Reads what `tsc --pretty false` prints: one line an error, its further lines indented. */
export function typeFindings(output: string): Finding[] {
  const todo = 'Mend the types'
  return output.split('\n').flatMap((line): Finding[] => {
    const [, path, at, what] = /^(.+?)\((\d+),\d+\): (error TS\d+: .+)$/.exec(line) ?? []
    if (path !== undefined) return [{ check: 'types', where: `${path}:${at}`, what: what ?? '', todo }]
    return /^error TS/.test(line) ? [{ check: 'types', where: 'tsconfig.json', what: line, todo }] : []
  })
}

interface BiomeReport {
  diagnostics?: {
    category?: string
    message?: string
    location?: { path?: string | { file?: string }; start?: { line?: number } }
  }[]
}

/** Reads Biome's JSON report: lint and format, warnings included. */
export function lintFindings(output: string): Finding[] {
  const report = JSON.parse(output) as BiomeReport
  return (report.diagnostics ?? []).map(({ category = 'lint', message = '', location }) => {
    const path = typeof location?.path === 'string' ? location.path : (location?.path?.file ?? '?')
    const line = location?.start?.line
    const todo = /format|organizeImports|fixable/.test(category)
      ? 'Run npm run format'
      : 'Mend it, or run npm run format if it can be mended by itself'
    return {
      check: 'lint',
      where: !line ? path : `${path}:${line}`,
      what: `${category}: ${message}`,
      todo,
    }
  })
}
