import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { RealmLimits } from '@openzimki/core'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

/** Isolates that a script has at most: what leaves one of them unusable shows after so many times. */
const ISOLATES = 4

const page = (body: string) => `zimki.publishPath("/", function (args) { ${body} })`
const moduleOf = (body: string) =>
  `export default { async fetch(request, env, ctx) { const args = Object.fromEntries(new URL(request.url).searchParams); ${body} } }`

/** A limit of CPU goes by the clock: what is quick must stay below it on a host that is held up for half a second. */
const limits = { cpuMs: 700, memoryMb: 32 }
/** Where another limit is what is wanted. */
const roomy = { cpuMs: 20_000 }

const LOOP = 'for (;;) {}'
const REGEXP_BOMB = 'return String(/^(a+)+$/.test("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"))'
const ATOMICS = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'
const OBJECTS = 'var a = []; for (;;) a.push({ n: [a.length] })'
const ARRAYS = 'var a = []; for (;;) a.push(new Array(100000).fill(1))'

let cell: TestCell
let neighbour: TestRealm
beforeAll(async () => {
  cell = await TestCell.open()
  neighbour = await cell.script('zimki.publishPath("/", function () { return "fine" })')
})
afterAll(() => cell.close())

/** The error that the offender ends with; its neighbour is answered before. */
async function failureBesideNeighbour(offender: TestRealm, target = '/') {
  let isOver = false
  const failure = offender.failure(target).finally(() => {
    isOver = true
  })
  expect(await neighbour.text('/')).toBe('fine')
  expect(isOver).toBe(false)
  return failure
}

/** Programs that mean harm: the offender gets a plain error that names the limit, and every other realm goes on answering. */
describe('hostile programs', () => {
  const scripts: [what: string, body: string, limit: string, limits: Partial<RealmLimits>][] = [
    ['an endless loop', LOOP, 'cpuMs', limits],
    ['a regular-expression bomb', REGEXP_BOMB, 'cpuMs', limits],
    [
      'a promise storm',
      '(function storm() { Promise.resolve().then(storm) })(); return "x"',
      'cpuMs',
      limits,
    ],
    ['an endless log', 'for (;;) zimki.log("x")', 'cpuMs', limits],
    ['Atomics.wait for ever', ATOMICS, 'cpuMs', limits],
    ['a memory bomb', OBJECTS, 'memoryMb', { ...roomy, memoryMb: 32 }],
    ['a memory bomb of arrays', ARRAYS, 'memoryMb', { ...roomy, memoryMb: 32 }],
    ['a 100 MB response', 'return "x".repeat(100 * 1024 * 1024)', 'responseBytes', roomy],
  ]
  const modules: typeof scripts = [
    ['an endless loop', LOOP, 'cpuMs', limits],
    [
      'a regular-expression bomb',
      `${REGEXP_BOMB.replace('return', 'return new Response(')})`,
      'cpuMs',
      limits,
    ],
    [
      'a promise storm',
      '(function storm() { Promise.resolve().then(storm) })(); return new Promise(function () {})',
      'cpuMs',
      limits,
    ],
    ['a storm that is awaited', 'for (;;) await null', 'cpuMs', limits],
    ['an endless log', 'for (;;) console.log("x")', 'cpuMs', limits],
    ['Atomics.wait for ever', ATOMICS, 'cpuMs', limits],
    ['a memory bomb', OBJECTS, 'memoryMb', { ...roomy, memoryMb: 32 }],
    ['a memory bomb of arrays', ARRAYS, 'memoryMb', { ...roomy, memoryMb: 32 }],
    ['a 100 MB response', 'return new Response("x".repeat(100 * 1024 * 1024))', 'responseBytes', roomy],
    [
      'a response without an end',
      'return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(60000)) } }))',
      'responseBytes',
      { ...roomy, responseBytes: 5_000_000 },
    ],
  ]

  it.each(scripts)('%s in a script', async (_, body, limit, own) => {
    const failure = await failureBesideNeighbour(await cell.script(page(body), { limits: own }))
    expect(failure).toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit } })
    expect(failure.message).toContain(`(${limit})`)
    expect(await neighbour.text('/')).toBe('fine')
  })

  it.each(modules)('%s in a module', async (_, body, limit, own) => {
    const failure = await failureBesideNeighbour(await cell.module(moduleOf(body), own))
    expect(failure).toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit } })
    expect(failure.message).toContain(`(${limit})`)
    expect(await neighbour.text('/')).toBe('fine')
  })

  it('a response over its limit', async () => {
    const own = { responseBytes: 1_000 }
    const script = await cell.script(page('return "x".repeat(2000)'), { limits: own })
    const module = await cell.module(moduleOf('return new Response("x".repeat(2000))'), own)
    for (const offender of [script, module])
      expect((await offender.failure('/')).details).toMatchObject({ limit: 'responseBytes' })
  })

  it('a promise storm behind an answer that has left', async () => {
    const storm = '(function storm() { Promise.resolve().then(storm) })()'
    const offender = await cell.module(
      moduleOf(`if (args.storm) setTimeout(function () { ${storm} }); return new Response("x")`),
      limits,
    )
    expect(await offender.text('/?storm=1')).toBe('x')
    expect(await offender.text('/')).toBe('x')
    expect(await neighbour.text('/')).toBe('fine')
    await cell.until(() => cell.cell.active === 0)
  })

  it('a 100 MB response that does not even fit into its memory', async () => {
    const body = 'return new Array(101 * 1024).join(new Array(1025).join("x"))'
    const offender = await cell.script(page(body), { limits: { ...roomy, memoryMb: 32 } })
    const failure = await failureBesideNeighbour(offender)
    // Which of the two comes first is V8's to say.
    expect(failure.code).toBe('LIMIT_EXCEEDED')
    expect(['memoryMb', 'responseBytes']).toContain(failure.details.limit)
  })

  /** V8 throws these as errors, which a program may catch; what it did not catch is a limit that it reached. */
  it.each([
    ['a giant string', 'var s = "x"; for (;;) s += s', 'stringLength', 'Invalid string length'],
    [
      'deep recursion',
      'return (function f() { return f() + 1 })()',
      'stack',
      'Maximum call stack size exceeded',
    ],
    ['a giant ArrayBuffer', 'new ArrayBuffer(1e12)', 'memoryMb', 'Array buffer allocation failed'],
    [
      'a deep object',
      'var o = {}; for (var i = 0; i < 50000; i++) o = { o: o }; zimki.session.x = o; zimki.session.save()',
      'stack',
      'Maximum call stack size exceeded',
    ],
  ])(
    '%s, of either kind: the page names the limit, the log has the whole story',
    async (what, body, limit, reason) => {
      const own = { ...limits, cpuMs: 2_000 }
      const offenders = [await cell.script(page(body), { limits: own })]
      if (what !== 'a deep object') offenders.push(await cell.module(moduleOf(body), own))
      for (const offender of offenders) {
        const [failure, text] = await Promise.all([offender.failure('/'), neighbour.text('/')])
        expect(text).toBe('fine')
        expect(failure).toMatchObject({ code: 'LIMIT_EXCEEDED', httpStatus: 503, details: { limit } })
        expect(failure.message).toMatch(new RegExp(`^stopped: [^\\n]* \\(${limit}\\)$`))
        const logged = cell.logs.filter(({ realm }) => realm === offender.realm)
        expect(logged).toEqual([
          expect.objectContaining({
            request: failure.details.request,
            text: expect.stringContaining(`RangeError: ${reason}`),
          }),
        ])
        expect(await neighbour.text('/')).toBe('fine')
      }
    },
  )

  it('words of the engine in an error that is the program’s own are no limit', async () => {
    const offender = await cell.script(page('throw new Error("RangeError: Invalid string length")'))
    expect(await offender.failure('/')).toMatchObject({ code: 'SCRIPT_ERROR', httpStatus: 500 })
  })

  it.each([
    ['script', 'loop', 'cpuMs'],
    ['script', 'bomb', 'memoryMb'],
    ['module', 'loop', 'cpuMs'],
    ['module', 'bomb', 'memoryMb'],
  ])('a %s that was stopped is served again, however often: %s', async (kind, harm, limit) => {
    const body = `if (args.loop) { ${LOOP} } if (args.bomb) { ${ARRAYS} }`
    const own = { ...limits, ...(harm === 'bomb' ? roomy : {}) }
    const offender =
      kind === 'script'
        ? await cell.script(page(`${body} return "alive"`), { limits: own })
        : await cell.module(moduleOf(`${body} return new Response("alive")`), own)
    for (let time = 0; time <= ISOLATES; time++) {
      expect(await offender.failure(`/?${harm}=1`)).toMatchObject({ details: { limit } })
      expect(await offender.text('/')).toBe('alive')
    }
  })

  it('requests that take every isolate until their limit are followed by the next one', async () => {
    const offender = await cell.script(page(`if (args.loop) { ${LOOP} } return "quick"`), { limits })
    const looping = Array.from({ length: ISOLATES + 1 }, () => offender.failure('/?loop=1'))
    expect(await offender.text('/')).toBe('quick')
    for (const failure of await Promise.all(looping)) expect(failure.details.limit).toBe('cpuMs')
  })
})

describe('what a program may not reach', () => {
  const NOT_DEFINED = 'ReferenceError: process is not defined'
  const FRAMES = `(function () {
    Error.prepareStackTrace = function (e, frames) { return frames.map(function (f) { return f.getThis() }) }
    try { return new Error().stack.find(function (x) { return x && x.process }) } finally { delete Error.prepareStackTrace }
  })()`

  it.each([
    ['process', NOT_DEFINED],
    ['require("fs")', 'ReferenceError: require is not defined'],
    ['this.constructor.constructor("return process")()', NOT_DEFINED],
    ['zimki.log.constructor("return process")()', NOT_DEFINED],
    ['zimki.constructor.constructor("return process")()', NOT_DEFINED],
    ['Object.getPrototypeOf(zimki.session).constructor.constructor("return process")()', NOT_DEFINED],
    [
      '(function () { return arguments.callee.caller("return process") })()',
      'TypeError: arguments.callee.caller is not a function',
    ],
    ['new Function("return typeof globalThis.process")()', 'undefined'],
    [FRAMES, 'undefined'],
  ])('by %s in a script', async (code, outcome) => {
    const { value, error } = await neighbour.evaluate(`String(${code})`)
    expect(error ? error.message : JSON.parse(value!)).toBe(outcome)
  })

  it('by import() in a script', async () => {
    await neighbour.evaluate(
      'import("node:fs").then(function () { globalThis.imported = "yes" }, function (e) { globalThis.imported = String(e) })',
    )
    expect((await neighbour.evaluate('imported')).value).toBe('"Error: Not supported"')
  })

  it.each([
    ['process', NOT_DEFINED],
    ['require("fs")', 'ReferenceError: require is not defined'],
    ['globalThis.constructor.constructor("return process")()', NOT_DEFINED],
    ['await fetch.constructor("return process")()', NOT_DEFINED],
    ['env.zimki.constructor.constructor("return process")()', NOT_DEFINED],
    ['Object.getPrototypeOf(env.zimki.classes).constructor.constructor("return process")()', NOT_DEFINED],
    ['request.constructor.constructor("return process")()', NOT_DEFINED],
    ['ctx.waitUntil.constructor("return process")()', NOT_DEFINED],
    ['new Function("return arguments.callee.caller")()', 'null'],
    ['await import("node:fs")', 'Error: Not supported'],
    ['new Function("return typeof globalThis.process")()', 'undefined'],
    [FRAMES, 'undefined'],
  ])('by %s in a module', async (code, outcome) => {
    const realm = await cell.module(
      moduleOf(
        `try { return new Response(String(${code})) } catch (error) { return new Response(String(error)) }`,
      ),
    )
    expect(await realm.text('/')).toBe(outcome)
  })

  it('by a global that is not of the language or of ours', async () => {
    const known = new Set(runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[])
    const fresh = await cell.script('')
    const { value } = await fresh.evaluate('Object.getOwnPropertyNames(globalThis).join()')
    const names: string[] = JSON.parse(value!).split(',')
    expect(names.filter((name) => !known.has(name)).sort()).toEqual(['zimki', 'zimki_group', 'zimki_user'])
  })
})

/** Our code in the isolate shares its built-in objects with the program. Whatever it makes of them harms it alone, and with a plain error. */
describe('built-in methods that a program replaces', () => {
  const TAMPERED = 'replaced methods of Array, Object or JSON'
  const FAILED = 'its owner finds the reason in the log'
  const store = (value: string) =>
    `Array.prototype.push = function (x) { this[this.length] = ${value}; return this.length }`
  const forms: [form: string, script: string, module: string][] = [
    ['JSON.parse = function () { return { path: "/etc/passwd" } }', FAILED, 'still here'],
    ['Object.prototype.polluted = 1; Object.prototype.then = undefined', 'still here', 'still here'],
    ['Object.prototype.toJSON = function () { return null }', FAILED, 'still here'],
    ['Array.prototype.push = function () { throw new Error("push") }', 'push', 'push'],
    ['Array.prototype.push = function () { return 0 }', TAMPERED, TAMPERED],
    [
      `${store('x')}; var once = Array.prototype.push; Array.prototype.push = function (x) { once.call(this, x); return once.call(this, x) }`,
      TAMPERED,
      TAMPERED,
    ],
    [store('null'), TAMPERED, TAMPERED],
    [store('[1, "answer+done", 7, 7]'), TAMPERED, TAMPERED],
    [store('[NaN]'), TAMPERED, TAMPERED],
    [store('[1, "respond+done", "null", 7]'), FAILED, FAILED],
    [
      'Object.defineProperty(Object.prototype, "0", { set: function () {}, get: function () { return 7 } })',
      FAILED,
      FAILED,
    ],
  ]
  const outcomeOf = (realm: TestRealm) => realm.text('/').catch((error) => `${error.code}: ${error.message}`)
  /** Once it is replaced; the request that does it may be answered yet. */
  const expected = (outcome: string) =>
    new RegExp(outcome === 'still here' ? '^still here$' : `^SCRIPT_ERROR: .*${outcome}`)
  const stillFine = async () => {
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    expect(await neighbour.text('/')).toBe('fine')
    await cell.until(() => cell.cell.active === 0)
  }

  it.each(forms)('%s', async (form, script, module) => {
    const asScript = await cell.script(page(`${form}; return "still here"`), { limits })
    await outcomeOf(asScript)
    expect(await outcomeOf(asScript)).toMatch(expected(script))
    await stillFine()
    const asModule = await cell.module(
      `export default { fetch() { ${form}; return new Response("still here") } }`,
      limits,
    )
    await outcomeOf(asModule)
    expect(await outcomeOf(asModule)).toMatch(expected(module))
    await stillFine()
  })
})

describe('clients that go away while their requests wait', () => {
  const HELD = 'http://127.0.0.1'
  const holding: ServerResponse[] = []
  const holder = createServer((_, response) => void holding.push(response))
  let port: number
  let busyCell: TestCell
  beforeAll(async () => {
    await once(holder.listen(0, '127.0.0.1'), 'listening')
    port = (holder.address() as AddressInfo).port
    busyCell = await TestCell.open({ allow: ['127.0.0.1/32'] })
  })
  afterAll(async () => {
    // After a failure too: an isolate that waits for an answer keeps the process alive.
    release()
    await busyCell.close()
    holder.closeAllConnections()
    holder.close()
  })

  const release = () => {
    for (const response of holding.splice(0)) response.end('held')
  }
  const logOf = ({ realm }: TestRealm) =>
    busyCell.logs.filter((entry) => entry.realm === realm).map(({ text }) => text)
  const requestsOf = ({ realm }: TestRealm) =>
    busyCell.windows.flatMap(({ rows }) => rows).filter((row) => row.realm === realm)

  it('are not served by a script: nothing of it runs for them, nothing is metered, and nothing waits for them', async () => {
    const realm = await busyCell.script(`
      zimki.publishPath("/hold", function () { return zimki.remote.get("${HELD}:${port}/") })
      zimki.publishPath("/count", function (args) { zimki.log("ran " + args.n); return args.n })`)
    const running = new AbortController()
    const held = Array.from({ length: ISOLATES }, (_, n) =>
      realm.text('/hold', n === 0 ? { signal: running.signal } : {}).catch((error) => error.code),
    )
    await busyCell.until(() => holding.length === ISOLATES)
    const vanishing = new AbortController()
    const waiting = Array.from({ length: 12 }, (_, n) =>
      realm
        .text(`/count?n=${n}`, n % 2 === 0 ? {} : { signal: vanishing.signal })
        .catch((error) => error.code),
    )
    await busyCell.until(() => busyCell.cell.active === ISOLATES + 12)
    vanishing.abort()
    // One goes away while its program runs: that goes on, and its isolate serves again.
    running.abort()
    await busyCell.until(() => busyCell.cell.active === ISOLATES + 6)
    release()
    expect(await Promise.all(held)).toEqual(['CANCELLED', 'held', 'held', 'held'])
    const numbers = Array.from({ length: 12 }, (_, n) => n)
    expect(await Promise.all(waiting)).toEqual(numbers.map((n) => (n % 2 === 0 ? String(n) : 'CANCELLED')))
    await busyCell.until(() => busyCell.cell.active === 0)
    expect(logOf(realm).sort()).toEqual([0, 2, 4, 6, 8, 10].map((n) => `ran ${n}`).sort())
    const again = Array.from({ length: ISOLATES }, () => realm.text('/hold'))
    await busyCell.until(() => holding.length === ISOLATES)
    release()
    expect(await Promise.all(again)).toEqual(['held', 'held', 'held', 'held'])
    busyCell.meter.flush()
    await busyCell.until(
      () => requestsOf(realm).reduce((sum, row) => sum + row.requests, 0) >= 2 * ISOLATES + 6,
    )
    expect(requestsOf(realm).reduce((sum, row) => sum + row.requests, 0)).toBe(2 * ISOLATES + 6)
  })

  it('are not served by a module but for those that were already on their way into its isolate', async () => {
    const source = `export default { fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/busy') for (const until = Date.now() + 1_500; Date.now() < until; );
      else console.log('ran')
      return new Promise((done) => setTimeout(() => done(new Response(pathname)), 1))
    } }`
    const realm = await busyCell.module(source, roomy)
    const busy = realm.text('/busy')
    const vanishing = new AbortController()
    const gone = Array.from({ length: 100 }, () =>
      realm.text('/gone', { signal: vanishing.signal }).catch((error) => error.code),
    )
    const kept = realm.text('/kept')
    await busyCell.until(() => busyCell.cell.active === 102)
    vanishing.abort()
    expect(await Promise.all(gone)).toEqual(Array.from({ length: 100 }, () => 'CANCELLED'))
    expect([await busy, await kept]).toEqual(['/busy', '/kept'])
    await busyCell.until(() => busyCell.cell.active === 0)
    // At most 32 are sent ahead of one another, and one of those that ran is the one that stayed.
    expect(logOf(realm).length).toBeGreaterThan(0)
    expect(logOf(realm).length).toBeLessThanOrEqual(32)
    expect(await realm.text('/again')).toBe('/again')
  })
})
