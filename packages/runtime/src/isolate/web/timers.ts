import type { HostDoor } from '../host-door.ts'
import { DOMException } from './dom-exception.ts'
import {
  MapClass,
  mapDelete,
  mapGet,
  mapSet,
  promiseResolve,
  promiseThen,
  TypeErrorClass,
} from './primordials.ts'
import { reportException } from './report-exception.ts'

interface Timer {
  callback: (...args: unknown[]) => unknown
  args: unknown[]
  delayMs: number
  repeats: boolean
}

/** The timer functions of one global object, and the way in for the host when one is due. */
export interface Timers {
  setTimeout(callback: unknown, delayMs?: unknown, ...args: unknown[]): number
  setInterval(callback: unknown, delayMs?: unknown, ...args: unknown[]): number
  clearTimer(timer?: unknown): void
  queueMicrotask(callback: unknown): void
  /** The host says that this timer is due. A timer that was cleared meanwhile is ignored. */
  fire(timer: number): void
  /** The host says that these will never be due: their request is over, or there are too many. */
  forget(gone: readonly number[]): void
}

/** One over this is treated as 0, as browsers and Node do. */
const MAX_DELAY_MS = 2 ** 31 - 1

export function createTimers(door: () => HostDoor): Timers {
  const timers = new MapClass<number, Timer>()
  let last = 0

  const arm = (id: number, timer: Timer): void =>
    door().post('timer.set', `{"timer":${id},"delayMs":${timer.delayMs}}`)

  const start = (callback: unknown, delayMs: unknown, args: unknown[], repeats: boolean): number => {
    if (typeof callback !== 'function') throw new TypeErrorClass('A timer needs a function to call')
    const wanted = Number(delayMs)
    const timer: Timer = {
      callback: callback as Timer['callback'],
      args,
      delayMs: wanted > 0 && wanted <= MAX_DELAY_MS ? Math.trunc(wanted) : 0,
      repeats,
    }
    const id = ++last
    mapSet(timers, id, timer)
    arm(id, timer)
    return id
  }

  return {
    setTimeout: (callback, delayMs, ...args) => start(callback, delayMs, args, false),
    setInterval: (callback, delayMs, ...args) => start(callback, delayMs, args, true),
    clearTimer: (timer) => {
      const id = Number(timer)
      if (mapDelete(timers, id)) door().post('timer.clear', `{"timer":${id}}`)
    },
    queueMicrotask: (callback) => {
      if (typeof callback !== 'function') throw new TypeErrorClass('queueMicrotask needs a function to call')
      promiseThen(
        promiseThen(promiseResolve(undefined), () => callback()),
        undefined,
        reportException,
      )
    },
    fire: (id) => {
      const timer = mapGet(timers, id)
      if (!timer) return
      if (timer.repeats) arm(id, timer)
      else mapDelete(timers, id)
      try {
        timer.callback(...timer.args)
      } catch (error) {
        reportException(error)
      }
    },
    forget: (gone) => {
      for (let index = 0; index < gone.length; index++) mapDelete(timers, gone[index] as number)
    },
  }
}

/** The reason with which `AbortSignal.timeout` aborts. */
export const timeoutReason = (): DOMException =>
  new DOMException('The operation was aborted due to timeout', 'TimeoutError')
