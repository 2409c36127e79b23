import { expect, it } from '@jest/globals'
import { untilAborted } from './until-aborted.ts'

async function* numbers(count: number, then: () => Promise<unknown>) {
  for (let number = 1; number <= count; number++) yield number
  await then()
}

it('hands on every item and the end, and errors', async () => {
  const { signal } = new AbortController()
  expect(
    await Array.fromAsync(
      untilAborted(
        numbers(3, async () => undefined),
        signal,
      ),
    ),
  ).toEqual([1, 2, 3])
  const failing = untilAborted(
    numbers(1, () => Promise.reject(new Error('broken'))),
    signal,
  )
  await expect(Array.fromAsync(failing)).rejects.toThrow('broken')
})

it('ends when the signal fires, though the source never does', async () => {
  const stop = new AbortController()
  const seen: number[] = []
  const source = numbers(2, () => new Promise(() => undefined))
  for await (const number of untilAborted(source, stop.signal)) {
    seen.push(number)
    if (number === 2) setImmediate(() => stop.abort())
  }
  expect(seen).toEqual([1, 2])
})

it('ends at once when the signal has fired already', async () => {
  const never = numbers(0, () => new Promise(() => undefined))
  expect(await Array.fromAsync(untilAborted(never, AbortSignal.abort()))).toEqual([])
})
