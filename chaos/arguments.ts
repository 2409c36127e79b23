import { parseArgs } from 'node:util'

/** What `npm run chaos --` was asked for. */
export type ChaosCommand =
  | { run: 'storm'; provider: 'local' | 'docker'; minutes: number; seed: number; json: boolean }
  | { run: 'launches'; provider: 'docker' | 'aws-ec2'; count: number; seed: number; json: boolean }

export const USAGE = `npm run chaos -- [--minutes 5] [--provider local|docker] [--seed N] [--json]
npm run chaos -- launches [--count 1000] [--provider docker|aws-ec2] [--seed N] [--json]`

/** Throws with what is wrong and how it is used. */
export function readArguments(args: readonly string[], anySeed: () => number): ChaosCommand {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: text,
      provider: text,
      count: text,
      seed: text,
      json: { type: 'boolean', default: false },
    },
  })
  const seed = values.seed === undefined ? anySeed() : number('seed', values.seed, 0, 2 ** 32 - 1)
  const { json } = values
  if (positionals.length === 0) {
    const provider = values.provider ?? 'local'
    if (provider !== 'local' && provider !== 'docker') throw wrong('--provider must be local or docker')
    return { run: 'storm', provider, minutes: number('minutes', values.minutes ?? '5', 0.1, 600), seed, json }
  }
  if (positionals.join(' ') !== 'launches') throw wrong(`There is no "${positionals.join(' ')}"`)
  const provider = values.provider ?? 'docker'
  if (provider !== 'docker' && provider !== 'aws-ec2') throw wrong('--provider must be docker or aws-ec2')
  const count = number('count', values.count ?? '1000', 1, 1_000_000)
  return { run: 'launches', provider, count: Math.round(count), seed, json }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw wrong(`--${name} must be a number from ${least} to ${most}`)
}

const wrong = (what: string) => new Error(`${what}.\n${USAGE}`)
