import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client } from '@openzimki/api'
import { deployFolder, readRealmFolder } from '@openzimki/cli'
import type { DataDirectory } from './data-directory.ts'
import type { Log } from './log.ts'

/** Realms that come with the platform: the shared libraries of 2006, and the page that greets a newcomer. */
const BUILT_INS = ['library', 'welcome']

/**
 * Deploys them at the first start; afterwards they are the operator's, to change or delete. A platform without them works,
 * so a failure is told and tried again at the next start.
 */
export async function deployBuiltIns(
  client: Client,
  data: DataDirectory,
  log: Log,
  tell: (part: string) => void,
): Promise<void> {
  const done = join(data.root, 'built-ins-deployed')
  if (existsSync(done)) return
  try {
    for (const realm of BUILT_INS) {
      tell(`Deploying the ${realm} realm`)
      const folder = await readRealmFolder(fileURLToPath(new URL(`../${realm}`, import.meta.url)))
      await deployFolder(client, folder, { realm })
    }
    await writeFile(done, `${BUILT_INS.join('\n')}\n`)
  } catch (error) {
    log('warn', 'The welcome realm could not be deployed; the next start tries again', {
      error: String(error),
    })
  }
}
