import ivm from 'isolated-vm'
import { bundlePrelude } from './test-realm.ts'

/*
 * Prints what the prelude costs: `node --no-node-snapshot packages/runtime/src/isolate/module-kind/testing/measure.ts`.
 * Bundle size, time and memory of an isolate that starts from the snapshot, CPU time of a request inside it.
 */
const ISOLATES = 100
const REQUESTS = 5000
const HEAD = {
  ...{
    op: 'http',
    id: '2f1acc6c-1111-4111-8111-2f1acc6c1111',
    realm: 'r',
    deployment: 'd'.repeat(64),
    debug: false,
  },
  ...{
    key: '2f1acc6c-1111-4111-8111-2f1acc6c1111',
    alias: 'hello',
    root: '/u/hello',
    method: 'GET',
    path: '/',
    query: '',
  },
  ...{ url: 'http://hello.localhost:8080/', remote: '127.0.0.1', body: 'none' },
  headers: ['host', 'hello.localhost:8080', 'user-agent', 'wrk/4.1', 'accept', '*/*'],
}
const PROGRAMS = {
  hello: '() => new Response("hello")',
  'hello, async': 'async () => new Response("hello")',
  'hello with headers': '() => new Response("hello", { headers: { "x-a": "b" } })',
  'new URL(request.url)': '(request) => new Response(new URL(request.url).pathname)',
  'JSON and a header': '(request) => Response.json({ ok: true, accept: request.headers.get("accept") })',
}

const median = (numbers: number[]): string => numbers.sort((a, b) => a - b)[numbers.length >> 1]!.toFixed(2)
const say = (what: string, value: string | number): boolean => process.stdout.write(`${what}: ${value}\n`)

function measureIsolates(snapshot: ivm.ExternalCopy<ArrayBuffer>): void {
  const kept: ivm.Isolate[] = []
  const times: number[] = []
  const before = process.memoryUsage().rss
  for (let count = 0; count < ISOLATES; count++) {
    const started = performance.now()
    const isolate = new ivm.Isolate({ snapshot, memoryLimit: 128 })
    isolate.createContextSync()
    times.push(performance.now() - started)
    kept.push(isolate)
  }
  say('isolate and context, ms', median(times))
  say('memory of an isolate, KB', Math.round((process.memoryUsage().rss - before) / ISOLATES / 1024))
  say('heap used in an isolate, KB', Math.round(kept[0]!.getHeapStatisticsSync().used_heap_size / 1024))
  for (const isolate of kept) isolate.dispose()
}

function measureRequests(snapshot: ivm.ExternalCopy<ArrayBuffer>): void {
  const isolate = new ivm.Isolate({ snapshot, memoryLimit: 128 })
  const context = isolate.createContextSync()
  context.evalSync('prelude.connect({ applySync: () => undefined })')
  const payload = JSON.stringify(JSON.stringify(HEAD))
  const script = isolate.compileScriptSync(
    `for (let i = 0; i < 100; i++) prelude.kind.enter('http', i, ${payload}, undefined)`,
  )
  for (const [name, program] of Object.entries(PROGRAMS)) {
    context.evalSync(`prelude.kind.start({ default: ${program} }, {})`)
    const times = Array.from({ length: 9 }, () => {
      const before = isolate.cpuTime
      for (let count = 0; count < REQUESTS; count += 100) script.runSync(context)
      return Number(isolate.cpuTime - before) / REQUESTS / 1000
    })
    say(`${name}, us of CPU a request`, median(times))
  }
  isolate.dispose()
}

const code = await bundlePrelude()
say('prelude, bytes', code.length)
const snapshot = ivm.Isolate.createSnapshot([{ code }])
measureIsolates(snapshot)
measureRequests(snapshot)
