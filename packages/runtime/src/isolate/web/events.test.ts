import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from '../module-kind/testing/test-realm.ts'
import { expectSameAsNode, type Snippet } from './testing/same-as-node.ts'

let realm: TestRealm
beforeAll(async () => {
  realm = await openTestRealm()
})
afterAll(() => realm.dispose())

const cases: Record<string, Snippet> = {
  'delivers to listeners in order, once each': () => {
    const log: unknown[] = []
    const target = new EventTarget()
    const first = () => void log.push('first')
    target.addEventListener('x', first)
    target.addEventListener('x', first)
    target.addEventListener('x', {
      handleEvent: (event: Event) => void log.push(event.type, event.target === target),
    })
    target.addEventListener('x', () => void log.push('once'), { once: true })
    target.addEventListener('y', () => void log.push('other'))
    const event = new Event('x', { cancelable: true })
    log.push(
      target.dispatchEvent(event),
      target.dispatchEvent(new Event('x')),
      event.target === target,
      event.currentTarget,
    )
    return log
  },
  stops: () => {
    const log: unknown[] = []
    const target = new EventTarget()
    target.addEventListener('x', (event) => event.stopImmediatePropagation())
    target.addEventListener('x', () => void log.push('never'))
    target.dispatchEvent(new Event('x'))
    return log
  },
  'prevents the default only where it may': () => {
    const target = new EventTarget()
    target.addEventListener('x', (event) => event.preventDefault())
    return [target.dispatchEvent(new Event('x')), target.dispatchEvent(new Event('x', { cancelable: true }))]
  },
  'a listener that is removed while the event is delivered is not called': () => {
    const log: unknown[] = []
    const target = new EventTarget()
    const second = () => void log.push('second')
    target.addEventListener('x', () => target.removeEventListener('x', second))
    target.addEventListener('x', second)
    target.dispatchEvent(new Event('x'))
    return log
  },
  'a listener that is added while the event is delivered is not called': () => {
    const log: unknown[] = []
    const target = new EventTarget()
    target.addEventListener('x', () => target.addEventListener('x', () => void log.push('late')))
    target.dispatchEvent(new Event('x'))
    return log
  },
  'a signal removes a listener': () => {
    const log: unknown[] = []
    const target = new EventTarget()
    const controller = new AbortController()
    target.addEventListener('x', () => void log.push('called'), { signal: controller.signal })
    controller.abort()
    target.dispatchEvent(new Event('x'))
    return log
  },
  'events have their attributes': () => {
    const { type, bubbles, cancelable, defaultPrevented, eventPhase, isTrusted } = new Event('x', {
      bubbles: true,
    })
    return [
      type,
      bubbles,
      cancelable,
      defaultPrevented,
      eventPhase,
      isTrusted,
      new CustomEvent('y', { detail: 5 }).detail,
    ]
  },
  'refuses an event that is none': () => new EventTarget().dispatchEvent({} as never),
  'refuses to deliver an event while it is delivered': () => {
    const target = new EventTarget()
    const event = new Event('x')
    let thrown: unknown
    target.addEventListener('x', () => {
      try {
        target.dispatchEvent(event)
      } catch (error) {
        thrown = (error as Error).constructor !== undefined
      }
    })
    target.dispatchEvent(event)
    return thrown
  },
  'aborts with a reason': () => {
    const log: unknown[] = []
    const controller = new AbortController()
    const { signal } = controller
    signal.onabort = (event) => void log.push('onabort', event.type)
    signal.addEventListener('abort', () => void log.push('listener'))
    log.push(signal.aborted, signal.reason)
    controller.abort('why')
    controller.abort('again')
    return [...log, signal.aborted, signal.reason]
  },
  'has a reason of its own': () => {
    const { reason } = AbortSignal.abort()
    return [reason.name, reason.code, reason instanceof DOMException]
  },
  throwIfAborted: () => AbortSignal.abort(new RangeError('x')).throwIfAborted(),
  'any follows the first': () => {
    const one = new AbortController()
    const two = new AbortController()
    const any = AbortSignal.any([one.signal, two.signal])
    const nested = AbortSignal.any([any])
    two.abort('two')
    one.abort('one')
    return [
      any.aborted,
      any.reason,
      nested.reason,
      AbortSignal.any([]).aborted,
      AbortSignal.any([any]).reason,
    ]
  },
  'any refuses what is no signal': () => AbortSignal.any([{}] as never),
  'refuses to be constructed': () => new AbortSignal(),
  'timeout aborts': async () => {
    const signal = AbortSignal.timeout(1)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return [signal.reason.name, signal.reason.code]
  },
  DOMException: () => {
    const error = new DOMException('m', 'DataCloneError')
    return [error.name, error.message, error.code, String(error), DOMException.ABORT_ERR, typeof error.stack]
  },
  'DOMException with defaults': () => [
    new DOMException().name,
    new DOMException().message,
    new DOMException().code,
  ],
  'timers run in order of their delay and pass arguments': async () => {
    const log: unknown[] = []
    await new Promise<void>((resolve) => {
      setTimeout(() => resolve(), 30)
      setTimeout((...args: unknown[]) => log.push(...args), 5, 'b', 'c')
      setTimeout(() => log.push('a'), 0)
      clearTimeout(setTimeout(() => log.push('never'), 1))
      queueMicrotask(() => log.push('micro'))
      log.push('sync')
    })
    return log
  },
  'intervals repeat until they are cleared': async () => {
    let count = 0
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (++count < 3) return
        clearInterval(timer)
        resolve()
      }, 1)
    })
    return count
  },
  'refuses a timer without a function': () => setTimeout('code' as never, 1),
  'refuses a microtask without a function': () => queueMicrotask(1 as never),
}

const clones: Record<string, Snippet> = {
  'clones what the language has': () => {
    const value = {
      n: -0,
      big: 5n,
      u: undefined,
      date: new Date(5),
      map: new Map<unknown, unknown>([['a', { b: 1 }]]),
      set: new Set([1, 'x']),
      list: Object.assign(new Array(3), { 0: 1, 2: 3 }),
      view: new Uint16Array([1, 2]).subarray(1),
      error: new RangeError('no', { cause: 'x' }),
      boxed: Object(true),
      re: /a/gi,
    }
    const copy = structuredClone(value)
    return [
      Object.is(copy.n, -0),
      copy.big,
      'u' in copy,
      copy.date.getTime(),
      copy.map.get('a'),
      [...copy.set],
      1 in copy.list,
      copy.list.length,
      copy.view.length,
      copy.view[0],
      copy.view.byteOffset,
      copy.error.name,
      copy.error.message,
      copy.error.cause,
      typeof copy.boxed,
      copy.re.source,
      copy.re.flags,
      copy.map !== value.map,
    ]
  },
  'keeps cycles and identity': () => {
    const value: { self?: unknown; a: object; b?: object } = { a: {} }
    value.self = value
    value.b = value.a
    const copy = structuredClone(value)
    return [copy.self === copy, copy.a === copy.b, copy.a !== value.a]
  },
  'drops classes, getters become values': () => {
    class Point {
      x = 1
      get y() {
        return 2
      }
    }
    const copy = structuredClone({
      p: new Point(),
      get g() {
        return 3
      },
    })
    return copy
  },
  'moves what is transferred': () => {
    const buffer = new Uint8Array([1, 2]).buffer
    const copy = structuredClone({ buffer }, { transfer: [buffer] })
    return [buffer.byteLength, copy.buffer.byteLength]
  },
  'refuses a function': () =>
    structuredClone({
      f() {
        return 1
      },
    }),
  'refuses a symbol': () => structuredClone(Symbol('x')),
  'refuses a promise': () => structuredClone(Promise.resolve()),
  'refuses a weak map': () => structuredClone(new WeakMap()),
  'refuses to transfer twice': () => {
    const { buffer } = new Uint8Array(1)
    structuredClone(buffer, { transfer: [buffer] })
    return structuredClone(buffer, { transfer: [buffer] })
  },
  'needs an argument': () => (structuredClone as never as () => void)(),
}

const shape: Record<string, Snippet> = {
  'classes look like web interfaces': () =>
    [
      Headers,
      Request,
      Response,
      URL,
      URLSearchParams,
      ReadableStream,
      TextEncoder,
      AbortController,
      FormData,
    ].map((each) => [
      each.name,
      Object.prototype.toString.call(each.prototype),
      Object.keys(each.prototype).length > 0,
      Object.getOwnPropertyDescriptor(globalThis, each.name)?.enumerable,
    ]),
  'random values are random': () => {
    const a = crypto.getRandomValues(new Uint8Array(32))
    const b = crypto.getRandomValues(new Uint32Array(8))
    return [
      a.some((each) => each > 0),
      b.some((each) => each > 255),
      new Set([crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]).size,
    ]
  },
  'UUIDs are of version 4': () =>
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
  'too many random values are refused': () => crypto.getRandomValues(new Uint8Array(65_537)),
  'random floats are refused': () => crypto.getRandomValues(new Float64Array(1) as never),
  'time goes forward': () => [
    [performance.now(), performance.now()].every((each, at, all) => each >= (all[at - 1] ?? 0)),
    performance.timeOrigin > 1.7e12,
    typeof navigator.userAgent,
  ],
}

describe('Events, signals and timers, as in Node', () => {
  it.each(Object.entries(cases))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})
describe('structuredClone, as in Node', () => {
  it.each(Object.entries(clones))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})
describe('The shape of the platform, as in Node', () => {
  it.each(Object.entries(shape))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})

it('what a listener, a timer or a microtask throws goes to the log and stops nothing', async () => {
  const log = await realm.run(`new Promise((resolve) => {
    const target = new EventTarget()
    target.addEventListener('x', () => { throw new RangeError('listener') })
    target.dispatchEvent(new Event('x'))
    queueMicrotask(() => { throw new RangeError('microtask') })
    setTimeout(() => { throw new RangeError('timer') })
    setTimeout(() => resolve('done'), 5)
  })`)
  expect(log).toBe('done')
  const errors = realm.posted.filter(({ operation }) => operation === 'log').map(({ payload }) => payload)
  expect(errors.map(({ level, text }) => [level, /RangeError: (\w+)/.exec(String(text))?.[1]])).toEqual([
    ['error', 'listener'],
    ['error', 'microtask'],
    ['error', 'timer'],
  ])
})

it('crypto.subtle says that it is not there yet', async () => {
  const message = await realm.run(
    `crypto.subtle.digest('SHA-256', new Uint8Array()).catch(({ name, message }) => [name, message])`,
  )
  expect(message).toEqual(['NotSupportedError', expect.stringContaining('not available')])
})
