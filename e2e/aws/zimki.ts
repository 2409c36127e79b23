import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const LAUNCHER = fileURLToPath(new URL('../../packages/server/bin/zimki.js', import.meta.url))

/** A command of `zimki` that needs no platform; what it printed. Rejects unless it succeeds. */
export async function zimki(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [LAUNCHER, ...args], { cwd: folder })
  return stdout
}
