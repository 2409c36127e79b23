import { readFile } from 'node:fs/promises'
import { PlatformError } from '@openzimki/core'

/** Where a database is, without user and password. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `postgres://${host}${pathname}`
}

/** An installation whose state was moved must not go on with what was left behind: CONFLICT. */
export async function refuseMovedState(movedFile: string): Promise<void> {
  let text: string
  try {
    text = await readFile(movedFile, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const { to } = JSON.parse(text) as { to: string }
  throw new PlatformError(
    'CONFLICT',
    `the state of this installation was moved to ${to}: start it with --state. To go back to what it was before the move, delete ${movedFile}`,
  )
}
