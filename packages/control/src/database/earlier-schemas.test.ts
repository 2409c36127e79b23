import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createClient } from '@openzimki/api'
import { migrateForward } from '@openzimki/store/postgres'
import knexModule, { type Knex } from 'knex'
import { START_MS, startTestControl } from '../testing/test-control.ts'
import { newTokenText, tokenHash } from '../token-text.ts'
import { MIGRATIONS } from './migrations.ts'
import { openDatabase } from './open-database.ts'

const [ACCOUNT, REALM, KEY] = ['1', '2', '3'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`)
const DIGEST = 'ab'.repeat(32)
const HOUR_MS = 3_600_000
const TOKEN = newTokenText()

/** A row in each table of the first step, with nothing in it but what was there then. */
const NOUNS: Record<string, object> = {
  accounts: { id: ACCOUNT, name: 'ops', role: 'operator', state: 'active', trusted: 1, created_at_ms: 1 },
  tokens: { id: 't-1', account: ACCOUNT, name: 'first', hash: tokenHash(TOKEN), created_at_ms: 2 },
  realms: {
    ...{ id: REALM, account: ACCOUNT, name: 'wiki', deployment: DIGEST, path_form: 1, limits: '{}' },
    created_at_ms: 3,
  },
  deployments: {
    ...{ realm: REALM, id: DIGEST, kind: 'script', limits: '{}', env: '{}', files: 1, bytes: 10 },
    ...{ created_by: 'ada', created_at_ms: 4, live_at_ms: 5, live_order: 1 },
  },
  keys: { id: KEY, realm: REALM, name: 'main', alias: 'wiki', debug: 0, created_at_ms: 6 },
  domains: { host: 'www.example.org', realm: REALM, key: KEY, created_at_ms: 7 },
  secrets: { realm: REALM, name: 'SALT', sealed: 'x', updated_at_ms: 8 },
  audit: { time_ms: 9, account: ACCOUNT, actor: 'ada', action: 'old.deed', target: REALM, details: '{}' },
}
const MACHINES = {
  machines: { id: 'm-old', join_hash: 'x', created_at_ms: 10 },
  machine_realms: { machine: 'm-old', realm: REALM, account: ACCOUNT },
}
const USAGE = {
  usage_hours: {
    ...{
      realm: REALM,
      hour_ms: START_MS - HOUR_MS,
      function: '/',
      key: KEY,
      outcome: 'ok',
      account: ACCOUNT,
    },
    ...{ requests: 7, cpu_ns: 1_000, jsops: 10, wall_ms: 5, bytes_in: 1, bytes_out: 2 },
    ...{ egress_bytes: 0, store_reads: 3, store_writes: 4 },
  },
  readings: {
    ...{ realm: REALM, sequence: 1, period_start_ms: 0, period_end_ms: HOUR_MS, hash: 'h' },
    line: '{"sealed":"long ago"}',
  },
}

/** What a platform of that time had written. */
const rowsAt = (steps: number) => ({
  ...NOUNS,
  ...(steps >= 2 ? MACHINES : {}),
  ...(steps >= 3 ? USAGE : {}),
})

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'control-earlier-'))
})
afterEach(() => rm(directory, { recursive: true }))

async function onFile(name: 'control' | 'logs', change: (db: Knex) => Promise<void>): Promise<void> {
  const filename = join(directory, `${name}.sqlite`)
  const db = knexModule({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true })
  try {
    await change(db)
  } finally {
    await db.destroy()
  }
}

/** A database as a release left it that knew so many steps. */
const leave = (name: 'control' | 'logs', steps: number, rows: Record<string, object>) =>
  onFile(name, async (db) => {
    await migrateForward(db, MIGRATIONS[name].slice(0, steps))
    for (const [table, row] of Object.entries(rows)) await db(table).insert(row)
  })

async function readAll() {
  const test = await startTestControl({ directory })
  try {
    const client = createClient({ url: test.url, token: TOKEN })
    const params = { realm: 'wiki' }
    const listed = async <T>(page: Promise<{ items: T[] }>) => (await page).items
    return {
      realm: await client.realms.get({ params }),
      deployments: await listed(client.deployments.list({ params })),
      keys: await listed(client.keys.list({ params })),
      domains: await listed(client.domains.list({ params })),
      secrets: await listed(client.secrets.list({ params })),
      audit: await listed(client.audit.list({ query: { action: 'old.deed' } })),
      machines: await listed(client.fleet.machines()),
      usage: (await client.usage.get({ params, query: { by: 'function' } })).totals,
      readings: await Array.fromAsync(await client.usage.readings({ params })),
      logs: await listed(client.logs.list({ params })),
    }
  } finally {
    await test.close()
  }
}

describe('a database of an earlier release', () => {
  const steps = MIGRATIONS.control.slice(0, -1).map(({ name }, index) => [name, index + 1] as const)

  it.each(steps)('that knew steps up to %s is taken forward, and all in it is read', async (_name, count) => {
    await leave('control', count, rowsAt(count))
    const read = await readAll()
    expect(read.realm).toMatchObject({ id: REALM, name: 'wiki', deployment: DIGEST, state: 'live' })
    expect(read.deployments).toMatchObject([{ id: DIGEST, live: true, createdBy: 'ada' }])
    expect(read.keys).toMatchObject([{ id: KEY, alias: 'wiki', debug: false, revokedAtMs: null }])
    expect(read.domains).toMatchObject([{ host: 'www.example.org', key: KEY }])
    expect(read.secrets).toEqual([{ name: 'SALT', updatedAtMs: 8 }])
    expect(read.audit).toMatchObject([{ actor: 'ada', target: REALM }])
    // Besides, the one that the test itself adds.
    const old = read.machines.filter(({ id }) => id !== 'm-1')
    expect(old.map(({ id }) => id)).toEqual(count >= 2 ? ['m-old'] : [])
    expect(read.usage).toMatchObject(
      count >= 3 ? { requests: 7, cpuNs: 1_000, storeWrites: 4 } : { requests: 0 },
    )
    expect(read.readings).toEqual(count >= 3 ? ['{"sealed":"long ago"}'] : [])
  })

  it('has its log taken forward too', async () => {
    await leave('control', 1, NOUNS)
    const line = { realm: REALM, time_ms: 1, deployment: DIGEST, level: 'warn', text: 'said long ago' }
    await leave('logs', 1, { lines: line })
    expect((await readAll()).logs).toMatchObject([{ level: 'warn', text: 'said long ago', request: null }])
  })
})

describe('a database of a later release', () => {
  it.each(['control', 'logs'] as const)('is refused with what to do, and left alone: %s', async (name) => {
    const later = { name: '999-later', up: (db: Knex) => db.schema.createTable('later', (t) => t.text('id')) }
    await onFile(name, (db) => migrateForward(db, [...MIGRATIONS[name], later]))
    const location = join(directory, `${name}.sqlite`)
    await expect(openDatabase({ location, schema: name, synchronous: 'FULL' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/newer release of OpenZimki.*999-later.*Start that release, or restore/),
    })
    await onFile(name, async (db) => {
      expect(await db('knex_migrations').pluck('name')).toContain('999-later')
    })
  })
})
