/** A kind of machine. */
export interface SimulatedSize {
  size: string
  cpus: number
  memoryBytes: number
  /** Of an hour on demand; its seconds are billed. */
  hourPrice: number
  /** Its price moves by the hour, mostly far below `hourPrice`; when it rises above, the machines of that zone are taken back. */
  isSpot: boolean
}

/** Shares are of calls or machines, from 0 to 1; 0 everywhere unless said. */
export interface SimulatedFailures {
  /** A call fails before it does anything. */
  refusedShare: number
  /** A call does what was asked, and its answer is lost. */
  lostAnswerShare: number
  /** A launch finds no machine although the offering has one. */
  noCapacityShare: number
  /** A list takes `slowListMs`. */
  slowListShare: number
  slowListMs: number
  /** A machine fails in place of running. */
  bootFailureShare: number
  /** Mean life until a machine dies by itself (exponential). */
  meanLifeMs: number
}

export interface SimulatedOptions {
  /** Same seed and same calls, same world. Default 1. */
  seed?: number
  /** Default: the start of 2026. */
  startMs?: number
  zones?: readonly string[]
  sizes?: readonly SimulatedSize[]
  /** Of machines of one size in one zone, destroyed ones aside. Default 5,000. */
  capacity?: number
  /** Of an owner's machines; above it QUOTA_EXCEEDED. Default 10,000. */
  quota?: number
  currency?: string
  /** Half of the machines run after this, 1 in 100 takes more than four times as long. Default 20,000. */
  bootMs?: number
  /** A machine that was prepared runs so long after its start. Default 2,000. */
  preparedBootMs?: number
  /** Of every call. Default 50. */
  latencyMs?: number
  /** How long before it is taken back a spot machine is told. Default: two minutes, as on EC2. */
  noticeMs?: number
  failures?: Partial<SimulatedFailures>
}

const GIB = 2 ** 30
const DAY_MS = 86_400_000

export const NO_FAILURES: SimulatedFailures = {
  ...{ refusedShare: 0, lostAnswerShare: 0, noCapacityShare: 0, bootFailureShare: 0 },
  ...{ slowListShare: 0, slowListMs: 30_000, meanLifeMs: Number.POSITIVE_INFINITY },
}

/** A cloud on a bad day. */
export const BAD_DAY: SimulatedFailures = {
  ...{ refusedShare: 0.1, lostAnswerShare: 0.05, noCapacityShare: 0.05, bootFailureShare: 0 },
  ...{ slowListShare: 0.1, slowListMs: 30_000, meanLifeMs: 30 * DAY_MS },
}

const onDemand: SimulatedSize[] = [
  { size: 'small', cpus: 2, memoryBytes: 4 * GIB, hourPrice: 0.04, isSpot: false },
  { size: 'large', cpus: 8, memoryBytes: 16 * GIB, hourPrice: 0.16, isSpot: false },
]

/** Each size on demand and as `<size>-spot`. */
export const DEFAULT_SIZES: readonly SimulatedSize[] = onDemand.flatMap((one) => [
  one,
  { ...one, size: `${one.size}-spot`, isSpot: true },
])

export type ResolvedOptions = Required<Omit<SimulatedOptions, 'failures'>> & { failures: SimulatedFailures }

export function resolveOptions(options: SimulatedOptions): ResolvedOptions {
  return {
    ...{
      seed: 1,
      startMs: Date.UTC(2026, 0, 1),
      zones: ['zone-a', 'zone-b', 'zone-c'],
      sizes: DEFAULT_SIZES,
    },
    ...{ capacity: 5_000, quota: 10_000, currency: 'USD', bootMs: 20_000, latencyMs: 50 },
    preparedBootMs: 2_000,
    noticeMs: 120_000,
    ...options,
    failures: { ...NO_FAILURES, ...options.failures },
  }
}
