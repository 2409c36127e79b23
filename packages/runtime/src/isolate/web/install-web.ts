import type { HostDoor } from '../host-door.ts'
import { AbortController } from './abort-controller.ts'
import { AbortSignal, abortSignal, createSignal } from './abort-signal.ts'
import { atob, btoa } from './base64.ts'
import { Blob, File } from './blob.ts'
import { createConsole, writeLog } from './console.ts'
import { Crypto, createRandom } from './crypto.ts'
import { DOMException } from './dom-exception.ts'
import { CustomEvent, Event } from './event.ts'
import { EventTarget } from './event-target.ts'
import { createFetch } from './fetch.ts'
import { FormData } from './form-data.ts'
import { Headers } from './headers.ts'
import { inspect } from './inspect.ts'
import { Performance } from './performance.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'
import { ByteLengthQueuingStrategy, CountQueuingStrategy } from './streams/queuing-strategy.ts'
import { ReadableStreamBYOBReader } from './streams/readable-byob-reader.ts'
import {
  ReadableByteStreamController,
  ReadableStreamDefaultController,
} from './streams/readable-controller.ts'
import { ReadableStreamDefaultReader } from './streams/readable-reader.ts'
import { ReadableStream } from './streams/readable-stream.ts'
import { TextDecoderStream, TextEncoderStream } from './streams/text-streams.ts'
import { TransformStream, TransformStreamDefaultController } from './streams/transform-stream.ts'
import { WritableStream, WritableStreamDefaultController } from './streams/writable-stream.ts'
import { WritableStreamDefaultWriter } from './streams/writable-writer.ts'
import { structuredClone } from './structured-clone.ts'
import { TextDecoder } from './text-decoder.ts'
import { TextEncoder } from './text-encoder.ts'
import { createTimers, type Timers, timeoutReason } from './timers.ts'
import { URL } from './url/url.ts'
import { URLSearchParams } from './url/url-search-params.ts'
import { defineGlobal, defineInterface } from './webidl.ts'

const INTERFACES = {
  AbortController,
  AbortSignal,
  Blob,
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  Crypto,
  CustomEvent,
  DOMException,
  Event,
  EventTarget,
  File,
  FormData,
  Headers,
  Performance,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  Request,
  Response,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
  TransformStream,
  TransformStreamDefaultController,
  URL,
  URLSearchParams,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
}

/** What the host may reach into afterwards. */
export interface Web {
  /** The host says that this timer is due. */
  fireTimer(timer: number): void
  /** The host says that these will never be due. */
  forgetTimers(timers: readonly number[]): void
}

/**
 * Puts the web platform on a global object. Calls nothing through the door before the program does, so it may run while
 * a startup snapshot is made.
 */
export function installWeb(global: object, door: () => HostDoor): Web {
  for (const [name, each] of Object.entries(INTERFACES)) defineInterface(global, name, each)
  const timers = createTimers(door)
  installFunctions(global, door, timers)
  defineGlobal(global, 'console', createConsole(door))
  defineGlobal(global, 'crypto', new Crypto(createRandom(door)))
  defineGlobal(global, 'performance', new Performance())
  defineGlobal(global, 'navigator', createNavigator())
  defineGlobal(global, 'self', global)
  defineGlobal(AbortSignal, 'timeout', createTimeout(timers))
  return { fireTimer: (timer) => timers.fire(timer), forgetTimers: (gone) => timers.forget(gone) }
}

function installFunctions(global: object, door: () => HostDoor, timers: Timers): void {
  const functions: Record<string, (...args: never[]) => unknown> = {
    atob,
    btoa,
    structuredClone,
    fetch: createFetch(door),
    setTimeout: timers.setTimeout,
    setInterval: timers.setInterval,
    clearTimeout: (timer: unknown) => timers.clearTimer(timer),
    clearInterval: (timer: unknown) => timers.clearTimer(timer),
    queueMicrotask: timers.queueMicrotask,
    reportError: (error: unknown) => writeLog(door, 'error', `Uncaught ${inspect(error)}`),
  }
  for (const [name, each] of Object.entries(functions)) {
    Object.defineProperty(each, 'name', { value: name, configurable: true })
    defineGlobal(global, name, each)
  }
}

function createNavigator(): object {
  const navigator = { userAgent: 'OpenZimki', language: 'en', languages: Object.freeze(['en']) }
  return Object.defineProperty(navigator, Symbol.toStringTag, { value: 'Navigator', configurable: true })
}

function createTimeout(timers: Timers): (delayMs: number) => AbortSignal {
  return function timeout(delayMs) {
    const signal = createSignal()
    timers.setTimeout(() => abortSignal(signal, timeoutReason()), delayMs)
    return signal
  }
}
