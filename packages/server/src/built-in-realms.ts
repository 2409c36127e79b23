import { fileURLToPath } from 'node:url'
import type { Client } from '@openzimki/api'
import { deployFolder, readRealmFolder } from '@openzimki/cli'

/** Realms that come with the platform: the page that greets a newcomer, and the shared libraries of 2006. */
const BUILT_INS = ['library', 'welcome']

/** Deploys them at the first start; afterwards they are the operator's, to change or delete. */
export async function deployBuiltIns(client: Client): Promise<void> {
  for (const realm of BUILT_INS) {
    const folder = await readRealmFolder(fileURLToPath(new URL(`../${realm}`, import.meta.url)))
    await deployFolder(client, folder, { realm })
  }
}
