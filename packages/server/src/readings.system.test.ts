import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type CliIo, runProgram } from '@openzimki/cli'
import Database from 'better-sqlite3'
import { PlatformProcess, QUICK } from './testing/platform-process.ts'
import { zimkiProgram } from './zimki-program.ts'

const HELLO = `zimki.publishPath("/hello", function () { return "hello" })`
const REQUESTS = 5
const HOUR_MS = 3_600_000

/** What is used before and after the turn of an hour stands in two readings: waits for a turn that is near, and until it is past. */
async function awayFromTurnOfHour(): Promise<void> {
  const leftMs = HOUR_MS - (Date.now() % HOUR_MS)
  if (leftMs < 20_000) await new Promise((resolve) => setTimeout(resolve, leftMs + 2_000))
}

describe('readings, from the server that meters to the customer who checks them', () => {
  let platform: PlatformProcess
  beforeAll(async () => {
    platform = await PlatformProcess.start([], QUICK)
  }, 60_000)
  afterAll(() => platform.close())

  /** As typed by the customer; files are beside the platform's. */
  async function zimki(...args: string[]) {
    const { token } = JSON.parse(await readFile(join(platform.data, 'operator.json'), 'utf8'))
    const printed = { out: '', err: '' }
    const sink = (name: 'out' | 'err') => ({
      write(text: string) {
        printed[name] += text
      },
    })
    const io: CliIo = {
      ...{ stdout: sink('out'), stderr: sink('err'), cwd: platform.data, home: platform.data, fetch },
      stdin: (async function* () {
        yield ''
      })(),
      env: { ZIMKI_URL: `http://127.0.0.1:${platform.port}`, ZIMKI_TOKEN: token },
      openUrl: async () => undefined,
      signal: new AbortController().signal,
      ...{ progressAfterMs: 60_000, reconnectAfterMs: 100 },
    }
    return { status: await runProgram(zimkiProgram(io), args, io), ...printed }
  }

  const requests = async () =>
    (await platform.client.usage.get({ params: { realm: 'hello' }, query: { by: 'function' } })).totals
      .requests

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    for (const endMs = performance.now() + 30_000; performance.now() < endMs; ) if (await isSo()) return
    throw new Error('it did not come about within 30 s')
  }

  /** A reading is made of an hour that is over: what was used is moved into one, while the platform is down. */
  async function letHoursPass(): Promise<void> {
    await platform.end()
    const db = new Database(join(platform.data, 'control.sqlite'))
    const { changes } = db.prepare('update usage_hours set hour_ms = hour_ms - ?').run(2 * HOUR_MS)
    db.close()
    expect(changes).toBeGreaterThan(0)
    await platform.up()
  }

  it('hold when nothing was touched, and not with one digit changed', async () => {
    await platform.deployScript('hello', HELLO)
    await awayFromTurnOfHour()
    for (let n = 0; n < REQUESTS; n++) expect((await platform.get('hello', '/hello')).status).toBe(200)
    await until(async () => (await requests()) === REQUESTS)
    await letHoursPass()
    const save = () => zimki('usage', '--realm', 'hello', '--readings', 'used.jsonl', '--json')
    await until(async () => JSON.parse((await save()).out).count > 0)
    const { out: pem } = await zimki('provider-key')
    await writeFile(join(platform.data, 'provider.pem'), pem)

    const lines = await readFile(join(platform.data, 'used.jsonl'), 'utf8')
    expect(lines).toContain(`"requests":${REQUESTS}`)
    const good = await zimki('verify', 'used.jsonl', '--key', 'provider.pem')
    expect(good).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^1 readings hold: signed by this key/),
    })

    const changed = lines.replace(`"requests":${REQUESTS}`, `"requests":${REQUESTS - 1}`)
    await writeFile(join(platform.data, 'changed.jsonl'), changed)
    const bad = await zimki('verify', 'changed.jsonl', '--key', 'provider.pem')
    expect(bad).toMatchObject({ status: 1, out: expect.stringMatching(/^changed\.jsonl:1: .*changed/) })
  }, 120_000)
})
