import { afterEach, describe, expect, it } from '@jest/globals'
import {
  type ChainHead,
  DEFAULT_PRICES,
  generateSigningKey,
  makeReading,
  readingHash,
  readingLine,
  signReading,
} from '@openzimki/meter'
import { amounts, UUID } from '../testing/answers.ts'
import { testCli } from '../testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

const key = generateSigningKey()
const { errors: _, ...used } = amounts

function readings(count: number): string[] {
  let previous: ChainHead | null = null
  return Array.from({ length: count }, (_, index) => {
    const period = { periodStartMs: index * 3_600_000, periodEndMs: (index + 1) * 3_600_000 }
    const records = [{ function: '/', key: UUID, outcome: 'ok' as const, ...used }]
    const reading = makeReading({
      provider: 'here',
      account: UUID,
      realm: UUID,
      price: DEFAULT_PRICES,
      records,
      previous,
      ...period,
    })
    previous = { sequence: reading.sequence, hash: readingHash(reading) }
    return readingLine(signReading(reading, key.privateKeyPem))
  })
}

function cli(lines: string[]) {
  const files = {
    'used.jsonl': `${lines.join('\n')}\n`,
    'provider.pem': key.publicKeyPem,
    'other.pem': generateSigningKey().publicKeyPem,
  }
  const made = testCli({ files, env: {} })
  removals.push(made.folder.remove)
  return made
}

describe('zimki verify', () => {
  it('accepts an untouched file, without any server', async () => {
    const { run, json, calls } = cli(readings(3))
    expect(await run('verify', 'used.jsonl', '--key', 'provider.pem', '--json')).toBe(0)
    expect(json()).toMatchObject({ ok: true, count: 3, heads: { [UUID]: { sequence: 3 } } })
    expect(calls).toEqual([])
  })

  it('says where each chain ends, since a file cannot show that its end was cut off', async () => {
    const { run, output } = cli(readings(2))
    await run('verify', 'used.jsonl', '--key', 'provider.pem')
    expect(output.out).toMatch(
      new RegExp(`^2 readings hold.*\\nrealm ${UUID} ends with reading 2, [0-9a-f]{64}\\n$`),
    )
  })

  it('does not call an empty file proof of anything', async () => {
    const { run, output } = cli([])
    expect(await run('verify', 'used.jsonl', '--key', 'provider.pem')).toBe(0)
    expect(output.out).toContain('nothing to check')
  })

  it('accepts an excerpt only when told that it is one', async () => {
    const lines = readings(3).slice(1)
    expect(await cli(lines).run('verify', 'used.jsonl', '--key', 'provider.pem')).toBe(1)
    expect(await cli(lines).run('verify', 'used.jsonl', '--key', 'provider.pem', '--excerpt')).toBe(0)
  })

  it('names the line that was changed, and fails', async () => {
    const lines = readings(3)
    lines[1] = lines[1]!.replace('"requests":3', '"requests":2')
    const { run, output } = cli(lines)
    expect(await run('verify', 'used.jsonl', '--key', 'provider.pem')).toBe(1)
    expect(output.out).toMatch(/^used\.jsonl:2: .*changed after it was signed.*\n1 readings before it hold/)
  })

  it.each([
    ['other.pem', 1],
    ['absent.pem', 1],
    ['used.jsonl', 1],
  ])('does not accept the key %s', async (file, status) => {
    expect(await cli(readings(1)).run('verify', 'used.jsonl', '--key', file)).toBe(status)
  })

  it('needs a key', async () => {
    expect(await cli(readings(1)).run('verify', 'used.jsonl')).toBe(2)
  })
})
