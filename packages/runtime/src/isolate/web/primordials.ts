/*
 * The parts of the language that the platform itself leans on, taken before the program runs. A program may replace or
 * freeze its globals and prototypes; what it breaks is its own, but answering a request, delivering a timer and writing
 * the log must go on. Files of the request path import from here; others use the globals.
 */

/** Turns a method into a function whose first argument is `this`, out of reach of later changes to the prototype. */
const uncurry = <This, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
): ((self: This, ...args: Args) => Result) => Function.prototype.call.bind(method) as never

export const PromiseClass = Promise
export const promiseThen = uncurry(
  Promise.prototype.then as (
    this: Promise<unknown>,
    resolved: ((value: never) => unknown) | undefined,
    rejected?: (reason: unknown) => unknown,
  ) => Promise<unknown>,
)
export const promiseResolve = Promise.resolve.bind(Promise) as <T>(value: T | PromiseLike<T>) => Promise<T>
export const promiseReject = Promise.reject.bind(Promise) as (reason: unknown) => Promise<never>
export const promiseWithResolvers = Promise.withResolvers.bind(Promise) as <T>() => PromiseWithResolvers<T>

export const jsonParse = JSON.parse as (text: string) => unknown
/** Only ever given strings, numbers and booleans: those never meet a `toJSON` of the program's. */
export const jsonText = JSON.stringify as (value: string | number | boolean | null) => string

export const MapClass = Map
export const mapGet = uncurry(Map.prototype.get) as <K, V>(map: Map<K, V>, key: K) => V | undefined
export const mapSet = uncurry(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => Map<K, V>
export const mapDelete = uncurry(Map.prototype.delete) as <K, V>(map: Map<K, V>, key: K) => boolean

export const defineProperty = Object.defineProperty
export const captureStackTrace = Error.captureStackTrace
export const StringOf = String
export const TypeErrorClass = TypeError
export const Uint8ArrayClass = Uint8Array
export const bytesSubarray = uncurry(Uint8Array.prototype.subarray)
export const bytesSlice = uncurry(Uint8Array.prototype.slice)
export const bytesSet = uncurry(Uint8Array.prototype.set) as (
  self: Uint8Array,
  source: ArrayLike<number>,
  offset?: number,
) => void
export const bufferSlice = uncurry(ArrayBuffer.prototype.slice)
export const stringIndexOf = uncurry(String.prototype.indexOf)
export const stringSlice = uncurry(String.prototype.slice)
export const charCodeAt = uncurry(String.prototype.charCodeAt)
const apply = Reflect.apply
const fromCharCode = String.fromCharCode as (...codes: number[]) => string
export const fromCharCodes = (codes: ArrayLike<number>): string => apply(fromCharCode, undefined, codes)
export const dateNow = Date.now
export const isArray = Array.isArray
export const isView = ArrayBuffer.isView as (value: unknown) => value is ArrayBufferView<ArrayBuffer>
