import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LoadedAdapter } from '@openzimki/provider'
import type { KitReport } from '@openzimki/provider/kit'

interface Outcome {
  loaded: LoadedAdapter
  report: KitReport
  kitVersion: string
  /** Milliseconds since 1970. */
  nowMs?: number
}

/** What shields.io/badges/endpoint-badge takes. It refuses a property that it does not know, so the badge is a file of its own. */
interface Badge {
  schemaVersion: 1
  label: string
  message: string
  color: string
}

/** Writes the full result to `path`, and to `<path without .json>.badge.json` what shields.io reads. */
export async function writeKitResult(path: string, outcome: Outcome): Promise<void> {
  const { loaded, report, kitVersion, nowMs = Date.now() } = outcome
  const badge = badgeOf(report, kitVersion)
  const { name, version } = loaded.package
  const result = {
    adapter: { name: loaded.adapter.name, package: name, version },
    contractVersion: loaded.contractVersion,
    kitVersion,
    finishedAt: new Date(nowMs).toISOString(),
    badge,
    ...report,
  }
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`)
  await writeFile(badgePath(path), `${JSON.stringify(badge)}\n`)
}

export const badgePath = (path: string) => `${path.replace(/\.json$/, '')}.badge.json`

function badgeOf({ passed, failed, skipped }: KitReport, kitVersion: string): Badge {
  const parts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  const color = failed > 0 ? 'red' : skipped > 0 ? 'yellow' : 'brightgreen'
  return { schemaVersion: 1, label: `openzimki provider kit ${kitVersion}`, message: parts.join(', '), color }
}
