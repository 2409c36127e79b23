import { createClient } from '@openzimki/api'
import { NOTE_REALM } from '../load/note-realm.ts'
import type { ZimkiProcess } from '../processes/zimki-process.ts'

/** A realm of an account of its own. */
export interface StormRealm {
  name: string
  id: string
  account: string
}

const ATTEMPTS = 5

/** A machine may be slow to come where others keep the processors busy, and nothing is judged yet. */
async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work()
      return
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

/** An account with one realm in this pool; resolves when it is live. */
export async function setUpRealm(platform: ZimkiProcess, pool: string): Promise<StormRealm> {
  const operator = platform.client
  const account = await operator.accounts.create({ body: { name: `of ${pool}` } })
  const { token } = await operator.tokens.create({ body: { name: 'load', account: account.id } })
  const client = createClient({ url: platform.url, token })
  const realm = await client.realms.create({ body: { name: `notes-${pool}` } })
  const params = { realm: realm.id }
  await client.realms.update({ params, body: { runsIn: { pool } } })
  await untilDone(() => client.deployments.create({ params, query: {}, body: NOTE_REALM }))
  return { name: realm.name, id: realm.id, account: account.id }
}
