import { toDictionary } from '../webidl.ts'

export type SizeAlgorithm = (chunk: never) => number

/** A queuing strategy as programs give it. */
export interface QueuingStrategy {
  highWaterMark?: number
  size?: SizeAlgorithm
}

const countSize = { size: () => 1 }.size
const byteSize = { size: (chunk: { byteLength: number }) => chunk.byteLength }.size

/** https://streams.spec.whatwg.org/#cqs-class */
export class CountQueuingStrategy {
  #highWaterMark: number

  constructor(init: { highWaterMark: number }) {
    this.#highWaterMark = requiredMark(init)
  }

  get highWaterMark(): number {
    return this.#highWaterMark
  }

  get size(): () => number {
    return countSize
  }
}

/** https://streams.spec.whatwg.org/#blqs-class */
export class ByteLengthQueuingStrategy {
  #highWaterMark: number

  constructor(init: { highWaterMark: number }) {
    this.#highWaterMark = requiredMark(init)
  }

  get highWaterMark(): number {
    return this.#highWaterMark
  }

  get size(): (chunk: { byteLength: number }) => number {
    return byteSize
  }
}

function requiredMark(init: unknown): number {
  if (typeof init !== 'object' || init === null || !('highWaterMark' in init)) {
    throw new TypeError('A queuing strategy needs a highWaterMark')
  }
  return Number(init.highWaterMark)
}

/** "ExtractHighWaterMark" and "ExtractSizeAlgorithm". Throws TypeError or RangeError. */
export function readStrategy(
  strategy: unknown,
  defaultMark: number,
): { highWaterMark: number; sizeOf: (chunk: unknown) => number } {
  const { highWaterMark, size } = toDictionary(strategy, 'The queuing strategy')
  const mark = highWaterMark === undefined ? defaultMark : Number(highWaterMark)
  if (Number.isNaN(mark) || mark < 0) throw new RangeError('highWaterMark must be a number of 0 or more')
  if (size !== undefined && typeof size !== 'function') throw new TypeError('size must be a function')
  const sizeFunction = size as ((chunk: unknown) => unknown) | undefined
  return { highWaterMark: mark, sizeOf: sizeFunction ? (chunk) => Number(sizeFunction(chunk)) : () => 1 }
}
