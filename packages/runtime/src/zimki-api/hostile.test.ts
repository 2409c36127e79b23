import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

/** Programs that mean harm: the offender gets a plain error that names the limit, and every other realm goes on answering. */
describe('hostile programs', () => {
  let cell: TestCell
  let neighbour: TestRealm
  beforeAll(async () => {
    cell = await TestCell.open()
    neighbour = await cell.script('zimki.publishPath("/", function () { return "fine" })')
  })
  afterAll(() => cell.close())

  const page = (body: string) => `zimki.publishPath("/", function (args) { ${body} })`
  const limits = { cpuMs: 200, memoryMb: 32, wallMs: 5_000 }

  it.each([
    ['an endless loop', 'for (;;) {}', 'cpuMs'],
    [
      'a regular-expression bomb',
      'return String(/^(a+)+$/.test("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"))',
      'cpuMs',
    ],
    ['a promise storm', '(function storm() { Promise.resolve().then(storm) })(); return "x"', 'cpuMs'],
    ['an endless log', 'for (;;) zimki.log("x")', 'cpuMs'],
    ['Atomics.wait for ever', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', 'cpuMs'],
    ['a memory bomb', 'var a = []; for (;;) a.push({ n: [a.length] })', 'memoryMb'],
    ['a memory bomb of arrays', 'var a = []; for (;;) a.push(new Array(100000).fill(1))', 'memoryMb'],
    [
      'a 100 MB response',
      'return new Array(101 * 1024).join(new Array(1025).join("x"))',
      'memoryMb|responseBytes',
    ],
  ])('%s', async (_, body, limit) => {
    const offender = await cell.script(page(body), {
      limits: { ...limits, cpuMs: limit === 'memoryMb' ? 4_000 : 200 },
    })
    const [failure, text] = await Promise.all([offender.failure('/'), neighbour.text('/')])
    expect(text).toBe('fine')
    expect(failure.code).toBe('LIMIT_EXCEEDED')
    expect(failure.message).toMatch(new RegExp(limit))
    expect(await neighbour.text('/')).toBe('fine')
  })

  it('a response over its limit', async () => {
    const offender = await cell.script(page('return new Array(2001).join("x")'), {
      limits: { responseBytes: 1_000 },
    })
    expect((await offender.failure('/')).message).toContain('responseBytes')
  })

  it.each([
    ['a giant string', 'var s = "x"; for (;;) s += s'],
    ['deep recursion', 'return (function f() { return f() + 1 })()'],
    ['a giant ArrayBuffer', 'new ArrayBuffer(1e12)'],
    [
      'a deep object',
      'var o = {}; for (var i = 0; i < 50000; i++) o = { o: o }; zimki.session.x = o; zimki.session.save()',
    ],
  ])('%s is an error of its own and nothing more', async (_, body) => {
    const offender = await cell.script(page(body), { limits })
    const failure = await offender.failure('/')
    expect(['SCRIPT_ERROR', 'LIMIT_EXCEEDED']).toContain(failure.code)
    expect(await neighbour.text('/')).toBe('fine')
  })

  it('goes on serving the offender after its isolate died', async () => {
    const offender = await cell.script(
      page('if (args.bomb) { var a = []; for (;;) a.push(new Array(100000).fill(1)) } return "alive"'),
      {
        limits: { ...limits, cpuMs: 4_000 },
      },
    )
    await offender.failure('/?bomb=1')
    expect(await offender.text('/')).toBe('alive')
  })

  it.each([
    'process',
    'require("fs")',
    'this.constructor.constructor("return process")()',
    'zimki.log.constructor("return process")()',
    'zimki.constructor.constructor("return process")()',
    'Object.getPrototypeOf(zimki.session).constructor.constructor("return process")()',
    '(function () { return arguments.callee.caller("return process") })()',
    'import("node:fs")',
    'new Function("return globalThis.process.env")()',
    '(function () { Error.prepareStackTrace = (e, frames) => frames.map((f) => f.getThis()); return new Error().stack.find((x) => x && x.process).process })()',
  ])('%s reaches nothing of the host', async (code) => {
    const { value, error } = await neighbour.evaluate(
      `String(${code.startsWith('import') ? 'typeof process' : code})`,
    )
    if (error)
      expect(error.message).toMatch(/not defined|undefined|not a function|null|request|properties|module/i)
    else expect(value).toBe('"undefined"')
  })

  it('prototype pollution of what the host hands in stays inside, and harms only its author', async () => {
    const polluted = await cell.script(`
      Object.prototype.polluted = 1; Array.prototype.push = function () { throw new Error("push") };
      JSON.parse = function () { return { path: "/etc/passwd" } }; Object.prototype.then = undefined;
      zimki.publishPath("/", function () { return "still here" })`)
    expect(['still here', 'failed']).toContain(await polluted.text('/').catch(() => 'failed'))
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    expect(await neighbour.text('/')).toBe('fine')
  })

  it('forged door messages answer nobody else: a program cannot name a request that is not its own', async () => {
    const { value } = await neighbour.evaluate(
      'Object.getOwnPropertyNames(globalThis).filter(function (n) { return /zimki|door|boot|ivm/i.test(n) }).sort().join()',
    )
    expect(value).toBe('"zimki,zimki_group,zimki_user"')
  })

  it('what a program does after its limit does not block the next request', async () => {
    const offender = await cell.script(page('if (args.loop) for (;;) {} return "quick"'), { limits })
    const looping = offender.failure('/?loop=1')
    expect(await offender.text('/')).toBe('quick')
    expect((await looping).message).toContain('cpuMs')
  })

  it('a client that goes away while its request waits costs nothing more', async () => {
    const busy = await cell.script(page('var t = Date.now(); while (Date.now() - t < 30) {} return "x"'), {
      limits,
    })
    const answers = await Promise.all(Array.from({ length: 12 }, () => busy.text('/')))
    expect(answers.every((text) => text === 'x')).toBe(true)
  })
})
