/** Child of crash.test.ts: writes without end, and says on stdout what was acknowledged. `crash-writer.ts <file> <realm>` */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { systemClock } from '@openzimki/core'
import { openSqliteStore } from './open-sqlite-store.ts'

const [filename = '', realm = ''] = process.argv.slice(2)
const { objects } = await openSqliteStore({ filename, clock: systemClock })
await objects.batch(realm, 1, [{ op: 'createClass', className: 'Page', ifMissing: true }])

async function write(): Promise<void> {
  for (;;) {
    const id = randomUUID()
    const data = { id, mark: id, text: 'x'.repeat(Math.floor(Math.random() * 5_000)) }
    const { sequence } = await objects.batch(realm, 1, [{ op: 'put', className: 'Page', id, data }])
    writeSync(1, `${JSON.stringify({ id, sequence })}\n`)
  }
}

await Promise.all(Array.from({ length: 16 }, write))
