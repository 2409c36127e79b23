/** What came of many launches on an infrastructure whose answers get lost. */
export interface LaunchesReport {
  /** What was launched on. */
  where: string
  count: number
  seed: number
  seconds: number
  /** Calls that were disturbed. */
  faults: number
  /** Steps that some fault never met. */
  missing: string[]
  launched: number
  failed: number
  abandoned: number
  /** Calls of `destroy` until each machine was gone. */
  destroys: number
  /** Machines that a look for strays had to take. */
  strays: number
  complaints: string[]
  /** On the infrastructure and on disk, after all. */
  leftovers: string[]
}

/** A run is long enough to have met every fault at every step from here on. */
const ALL_FAULTS_FROM = 1_000
const SHOWN = 20

/** Why it is not good; empty when it is. */
export function launchesFaults({ count, missing, complaints, leftovers }: LaunchesReport): string[] {
  return [
    ...leftovers.map((what) => `left behind: ${what}`),
    ...complaints,
    ...(count >= ALL_FAULTS_FROM ? missing.map((what) => `never happened: ${what}`) : []),
  ]
}

/** For people. */
export function launchesText(report: LaunchesReport): string {
  const { where, count, seed, seconds, faults, launched, failed, abandoned, destroys, strays } = report
  const wrong = launchesFaults(report)
  const lines = [
    `${count} launches on ${where} in ${seconds} s, seed ${seed}; ${faults} of its calls were disturbed.`,
    '',
    `  ${launched} were launched, ${failed} failed, ${abandoned} were given up by who asked.`,
    `  ${destroys} calls of destroy until all were gone; a look for strays found ${strays} more.`,
    '',
    ...(wrong.length === 0
      ? ['Nothing that a machine is made of is left.']
      : [`${wrong.length} complaints:`, ...wrong.slice(0, SHOWN).map((one) => `  - ${one}`)]),
  ]
  return `${lines.join('\n')}\n`
}
