/**
 * What a JSOP is: one round of the work below, which does about what a line or two of a web program does: it makes a small
 * object, reads and writes properties, joins and slices text, looks things up in a Map, does integer and floating-point
 * arithmetic. A machine's calibration says how many CPU nanoseconds one round takes there, so the same program costs the
 * same number of JSOPs on a slow machine as on a fast one.
 *
 * The work is part of the price: changing it changes what every customer pays. It must stay as it is.
 */
export function jsopRounds(rounds: number): number {
  const seen = new Map<string, number>()
  let state = 2_463_534_242
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const key = `k${state & 255}`
    const object = { key, weight: (state >>> 8) / 65_536, next: round }
    const before = seen.get(object.key) ?? 0
    seen.set(object.key, before + object.weight)
    sum += Math.sqrt(before + object.weight) + object.key.slice(1).length + object.next
  }
  return sum
}

const ROUNDS = 10_000
const WARM_UPS = 3
const TIMES = 21

/**
 * CPU nanoseconds of one JSOP on this machine: the median of 21 timed runs after a warm-up, about 25 ms in all on
 * the calling thread. `threadCpuNs` tells the CPU that this thread has burned so far; an argument for tests.
 */
export function calibrateJsop(threadCpuNs: () => number = readThreadCpuNs): number {
  // Read at the end, so that no compiler may leave the work out.
  let sink = 0
  for (let time = 0; time < WARM_UPS; time++) sink += jsopRounds(ROUNDS)
  const timesNs: number[] = []
  for (let time = 0; time < TIMES; time++) {
    const startNs = threadCpuNs()
    sink += jsopRounds(ROUNDS)
    timesNs.push(threadCpuNs() - startNs)
  }
  timesNs.sort((a, b) => a - b)
  const medianNs = timesNs[TIMES >> 1] ?? 0
  return Number.isFinite(sink) ? medianNs / ROUNDS : 0
}

/**
 * Linux brings a thread's own figure up to date at timer ticks only (4 ms, longer than a run). Asking for the process's
 * figure first updates the calling thread at once; without it, runs read as 0.
 */
function readThreadCpuNs(): number {
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return (user + system) * 1000
}
