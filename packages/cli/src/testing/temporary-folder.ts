import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder of the given files, for tests: relative path to content. `remove()` when done. */
export function temporaryFolder(files: Record<string, string | Uint8Array> = {}) {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'zimki-cli-')))
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  for (const [name, content] of Object.entries(files)) write(name, content)
  return { path, write, remove: () => rmSync(path, { recursive: true, force: true }) }
}
