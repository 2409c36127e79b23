import type { WritableCore } from './writable-core.ts'

/** A constructor that returns what it was given lets a subclass put its private field on any object. */
const Returning = function returning(object: object) {
  return object
} as unknown as new (
  object: object,
) => object

class Slot extends Returning {
  #core: WritableCore

  constructor(object: object, core: WritableCore) {
    super(object)
    this.#core = core
  }

  static of(value: unknown): WritableCore | null {
    return typeof value === 'object' && value !== null && #core in value ? (value as Slot).#core : null
  }
}

/** Makes an object a writable stream in the eyes of the platform. */
export const attachWritable = (object: object, core: WritableCore): void => void new Slot(object, core)

/** The state machine behind a WritableStream; null where the value is none. */
export const writableCoreOf = (value: unknown): WritableCore | null => Slot.of(value)
