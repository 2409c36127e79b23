import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { buildProgram, type CliIo, runProgram } from '@openzimki/cli'
import { Browser } from './browser.ts'
import { startServer, type TestServer } from './harness.ts'

let server: TestServer
let folder: string
beforeAll(async () => {
  server = await startServer()
  folder = await mkdtemp(join(tmpdir(), 'zimki-tutorial-'))
}, 60_000)
afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

/** One command, as typed in the tutorial; what it printed, and its exit status. */
async function zimki(...args: string[]) {
  const printed = { out: '', err: '' }
  const sink = (name: 'out' | 'err') => ({
    write(text: string) {
      printed[name] += text
    },
  })
  const io: CliIo = {
    stdout: sink('out'),
    stderr: sink('err'),
    stdin: (async function* () {
      yield ''
    })(),
    env: { ZIMKI_URL: server.url, ZIMKI_TOKEN: server.token },
    cwd: folder,
    home: folder,
    fetch,
    openUrl: async () => undefined,
    signal: new AbortController().signal,
    progressAfterMs: 60_000,
    reconnectAfterMs: 100,
  }
  return { status: await runProgram(buildProgram(io), args, io), ...printed }
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { status, out, err } = await zimki(...args, '--json')
  expect({ status, err }).toEqual({ status: 0, err: '' })
  return JSON.parse(out) as Record<string, unknown>
}

const main = () => join(folder, 'hello', 'javascript', 'main.js')

// In the order of docs/tutorial/first-realm.md: each step stands on the one before.
describe('the tutorial', () => {
  it('holds, step by step', async () => {
    await json('init', 'hello')
    const first = await json('deploy', 'hello')
    expect(first).toMatchObject({ realm: 'hello', alias: 'hello', changed: true })
    const browser = new Browser(String(first.url))
    await browser.post('/', { who: 'Ada <3' })
    expect((await browser.get('/')).text).toContain('Hello, Ada &lt;3!')

    const template = join(folder, 'hello', 'templates', 'home.html')
    await writeFile(template, (await readFile(template, 'utf8')).replace('Say hello', 'Come in'))
    await json('deploy', 'hello')
    expect((await browser.get('/')).text).toContain('<button>Come in</button>')

    const program = await readFile(main(), 'utf8')
    await writeFile(main(), program.replace('home(args)', 'home(args {'))
    const broken = await zimki('deploy', 'hello')
    expect(broken.status).toBe(1)
    expect(broken.err).toMatch(/javascript\/main\.js:3:\d+[\s\S]*\n {2}3 \| function home\(args \{/)
    expect((await browser.get('/')).text).toContain('<button>Come in</button>')
    await writeFile(main(), program)

    const tested = await zimki('test', '--realm', 'hello')
    expect(tested.out).toMatch(/^TAP version 14\n[\s\S]*ok 1 - home\.js/)
    expect(tested.status).toBe(0)

    expect((await zimki('shell', '--realm', 'hello', '-e', 'Visit.search().length')).out).toBe('1\n')
    expect((await json('deployments', '--realm', 'hello')).items).toHaveLength(2)
    await json('rollback', '--realm', 'hello')
    const before = await browser.get('/')
    expect(before.text).toContain('<button>Say hello</button>')
    expect(before.text).toContain('Ada &lt;3')
    await zimki('keys', 'create', '--realm', 'hello', '--alias', 'hello-partner')
    const partner = new Browser(String(first.url).replace(/hello\/$/, 'hello-partner'))
    expect((await partner.get('/')).status).toBe(200)
  })

  it('makes module realms that answer, too', async () => {
    await json('init', 'hello2', '--type', 'module')
    const { url } = await json('deploy', 'hello2')
    const answer = await new Browser(String(url)).get('/?who=Grace')
    expect(JSON.parse(answer.text)).toEqual({ message: 'Hello, Grace!' })
  })

  it('counts what was used, by function', async () => {
    const requestsOf = async (name: string) => {
      const { items } = (await json('usage', '--realm', 'hello')) as {
        items: { group: string; requests: number }[]
      }
      return items.find((item) => item.group === name)?.requests ?? 0
    }
    const isCounted = async () => (await requestsOf('/')) >= 6 && (await requestsOf('(shell)')) >= 1
    // Each cell reports its meter within a second, and not all did both; the test's own time limit ends this when one never does.
    while (!(await isCounted())) await new Promise((resolve) => setTimeout(resolve, 100))
  })
})
