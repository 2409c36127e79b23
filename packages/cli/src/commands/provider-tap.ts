import type { LoadedAdapter } from '@openzimki/provider'
import { type CaseResult, KIT_VERSION, type KitReport } from '@openzimki/provider/kit'
import { printable } from '../printable.ts'

/** Test Anything Protocol, version 14 (testanything.org). */
export function tapHead({ package: found, contractVersion }: LoadedAdapter, total: number): string {
  const about = `# ${found.name} ${found.version}, contract version ${contractVersion}, kit version ${KIT_VERSION}`
  return `TAP version 14\n${printable(about)}\n1..${total}\n`
}

/** The advice is left out where it was just given. */
export function tapLine(
  { group, name, outcome, message, advice, ms }: CaseResult,
  index: number,
  isAdvised: boolean,
): string {
  const title = `${index + 1} - ${escaped(`${group}: ${name}`)}`
  if (outcome === 'passed') return `ok ${title}\n`
  if (outcome === 'skipped') return `ok ${title} # SKIP ${escaped(message ?? '')}\n`
  const block = [
    `message: ${quoted(message)}`,
    ...(isAdvised ? [] : [`advice: ${quoted(advice)}`]),
    `duration_ms: ${ms}`,
  ]
  return `not ok ${title}\n  ---\n${block.map((line) => `  ${line}\n`).join('')}  ...\n`
}

/** Of many failures the first is the one to begin with: later cases stand on what earlier ones ask for. */
export function tapTail({ passed, failed, skipped, cases }: KitReport): string {
  const sums = `# ${passed} passed, ${failed} failed, ${skipped} skipped`
  const first = cases.find(({ outcome }) => outcome === 'failed')
  if (!first) return sums
  const next = [`Begin with "${first.group}: ${first.name}".`, first.message, first.advice]
  return [sums, ...next.flatMap((text) => commentLines(text ?? ''))].join('\n')
}

const commentLines = (text: string) =>
  printable(text)
    .split('\n')
    .map((line) => `# ${line}`)

/** A JSON string is a YAML string; control characters are escapes in it. */
const quoted = (text: string | null) => printable(JSON.stringify(text ?? ''))

const escaped = (text: string) =>
  printable(text)
    .replaceAll(/[\\#]/g, (character) => `\\${character}`)
    .replaceAll(/\s+/g, ' ')
