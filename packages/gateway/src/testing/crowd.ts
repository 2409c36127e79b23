import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type TestGateway, until } from './test-gateway.ts'

/** One client of a crowd. */
export interface CrowdClient {
  text: string
  /** What comes back until the connection ends. Null: this client does not wait for it. */
  expected: RegExp | null
  /** Once the text is written. */
  sent?: (socket: Socket) => void
}

export interface CrowdResult {
  /** Clients that got something else, the first few. */
  wrong: string[]
  /** By which the reachable heap grew from the first 2,000 clients to the last of 10,000. */
  grownBytes: number
  /** For each client, in the median of the steps of 2,000 after the first. */
  grownBytesEach: number
}

const STEP = 2_000
const CROWD = 10_000
const SHOWN = 5
const MAX_LOOKS = 10
const STILL_BYTES = 20_000

/**
 * Sends 10,000 clients, so many at once, each number's client as `client` makes it. Resolves when nothing is under way any more
 * and every connection is closed, on both sides.
 */
export async function sendCrowd(
  test: TestGateway,
  atOnce: number,
  client: (number: number) => CrowdClient,
): Promise<CrowdResult> {
  const wrong: string[] = []
  const openBefore = openConnections()
  const send = async (from: number, to: number): Promise<void> => {
    let next = from
    const one = async (): Promise<void> => {
      while (next < to) {
        const number = next++
        const made = client(number)
        const got = await converse(test.port, made)
        if (made.expected?.test(got) === false && wrong.length < SHOWN)
          wrong.push(`${number}: ${JSON.stringify(made.text.slice(0, 200))} got ${JSON.stringify(got)}`)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, one))
    await test.quiet()
    await until(() => openConnections() <= openBefore)
    for (const cell of test.cells) cell.forget()
  }
  await send(0, STEP)
  const heaps = [await heapBytes()]
  for (let from = STEP; from < CROWD; from += STEP) {
    await send(from, from + STEP)
    heaps.push(await heapBytes())
  }
  return { wrong, ...growth(heaps) }
}

/** Something of an earlier test may be let go at any moment, and would hide a leak; in the median step it does not. */
function growth(heaps: readonly number[]): Omit<CrowdResult, 'wrong'> {
  const steps = heaps.slice(1).map((bytes, index) => (bytes - (heaps[index] as number)) / STEP)
  const grownBytes = (heaps.at(-1) as number) - (heaps[0] as number)
  return { grownBytes, grownBytesEach: steps.toSorted((a, b) => a - b)[steps.length >> 1] as number }
}

/** What came back, once the connection has ended. */
function converse(port: number, { text, sent }: CrowdClient): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let got = ''
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1')
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(got))
    socket.write(text, 'latin1', () => sent?.(socket))
  })
}

/** What is reachable, once it shrinks no more: what ends with a turn of the event loop, or by a finalizer, goes between two looks. */
async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  let bytes = Number.POSITIVE_INFINITY
  for (let look = 0; look < MAX_LOOKS; look++) {
    collect()
    const { heapUsed } = process.memoryUsage()
    if (look > 1 && heapUsed > bytes - STILL_BYTES) return heapUsed
    bytes = heapUsed
    await new Promise((resolve) => setImmediate(resolve))
  }
  return bytes
}

function openConnections(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
}
