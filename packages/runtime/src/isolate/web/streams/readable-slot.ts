import type { ReadableCore } from './readable-core.ts'

/** A constructor that returns what it was given lets a subclass put its private field on any object. */
const Returning = function returning(object: object) {
  return object
} as unknown as new (
  object: object,
) => object

class Slot extends Returning {
  #core: ReadableCore

  constructor(object: object, core: ReadableCore) {
    super(object)
    this.#core = core
  }

  static of(value: unknown): ReadableCore | null {
    return typeof value === 'object' && value !== null && #core in value ? (value as Slot).#core : null
  }
}

/** Makes an object a readable stream in the eyes of the platform. */
export const attachReadable = (object: object, core: ReadableCore): void => void new Slot(object, core)

/** The state machine behind a ReadableStream; null where the value is none. */
export const readableCoreOf = (value: unknown): ReadableCore | null => Slot.of(value)
