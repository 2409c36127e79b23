import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { PostgresServer } from '@openzimki/store/testing'
import Database from 'better-sqlite3'
import { PlatformProcess } from './testing/platform-process.ts'

const LAUNCHER = fileURLToPath(new URL('../bin/zimki.js', import.meta.url))
const SCRIPT = `zimki.publishPath("/write", function (args) { return Note.create({ n: args.n, odd: "a\\u0000b", deep: [1, null] }).id })
zimki.publishPath("/all", function () { return JSON.stringify(Note.search({}, { order_by: "n" }).map(function (note) { return [note.n, note.odd] })) })`

let server: PostgresServer
let platform: PlatformProcess
let url: string

beforeAll(async () => {
  server = await PostgresServer.start()
  url = await server.createDatabase()
  platform = await PlatformProcess.start()
}, 60_000)
afterAll(async () => {
  await platform.close()
  await server.stop()
})

async function zimki(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const all = [LAUNCHER, ...args, '--data', platform.data, '--json']
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { status, out, err }
}

const move = (to: string) => zimki('admin', 'move-state', '--to', to)

/** What people see of it. */
async function seen(): Promise<unknown> {
  const { client } = platform
  const realms = (await client.realms.list()).items
  const users = await client.users.list({ params: { realm: 'notes' } })
  const usage = await client.usage.get({ params: { realm: 'notes' }, query: { by: 'function' } })
  const requests = usage.items.find(({ group }) => group === '/write')?.requests
  const audit = (await client.audit.list({ query: { limit: 100 } })).items.filter(
    ({ action }) => action === 'realm.create',
  )
  return { realms, users, requests, audit, objects: await (await platform.get('notes', '/all')).text() }
}

it('takes an installation to PostgreSQL, where it goes on as it was', async () => {
  await platform.deployScript('notes', SCRIPT, ['Note', 'Gone'])
  for (const n of [3, 1, 2]) expect((await platform.get('notes', `/write?n=${n}`)).status).toBe(200)
  await platform.client.users.create({
    params: { realm: 'notes' },
    body: { username: 'ann', password: 'a long password' },
  })
  expect((await move(url)).out).toContain('ALREADY_EXISTS')
  // Ended in order, so that the meter is taken.
  await platform.end()
  await platform.up()
  const before = await seen()
  expect(before).toMatchObject({ requests: 3, objects: expect.stringContaining('"a\\u0000b"') })
  await platform.end()
  forgetHighestClass()

  const moved = await move(url)
  expect([moved.status, moved.err]).toEqual([0, expect.stringContaining('zimki_store.objects')])
  const { tables, already } = JSON.parse(moved.out)
  expect(already).toBe(false)
  expect(
    tables.find(({ table }: { table: string }) => table === 'zimki_store.objects').rows,
  ).toBeGreaterThanOrEqual(3)
  expect(JSON.parse((await move(url)).out)).toEqual({ tables, already: true })

  const left = await zimki('up', '--port', '0')
  expect([left.status, left.out]).toEqual([1, expect.stringContaining('start it with --state')])
  await platform.up(['--state', url])
  expect(await seen()).toEqual(before)
  expect((await platform.get('notes', '/write?n=4')).status).toBe(200)
  await platform.end()
  const other = await move(url)
  expect([other.status, other.out]).toEqual([1, expect.stringContaining('holds something else')])
  const [made] = await server.query(
    "insert into zimki_store.classes (realm_id, name, objects, bytes) values (1, 'New', 0, 0) returning id",
    databaseOf(url),
  )
  expect(Number(made!.id)).toBeGreaterThan(HIGHEST_CLASS)
}, 120_000)

const databaseOf = (of: string): string => new URL(of).pathname.slice(1)

const HIGHEST_CLASS = 1_000

/** A class that was deleted and whose rows are still to be removed: its number may not be given to another. */
function forgetHighestClass(): void {
  const db = new Database(`${platform.data}/store.sqlite`)
  db.prepare("update sqlite_sequence set seq = ? where name = 'classes'").run(HIGHEST_CLASS)
  db.close()
}
