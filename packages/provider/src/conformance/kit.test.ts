import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { GROUP_ADVICE } from './group-advice.ts'
import { mutantHarness } from './mutant.ts'
import { MUTANTS } from './mutants.ts'
import { providerCases, titleOf } from './provider-cases.ts'
import { runCase } from './run-case.ts'
import { type CaseResult, runKit } from './run-kit.ts'

const titles = providerCases.map(titleOf)

describe('the conformance kit', () => {
  it('finds nothing wrong with what is right', async () => {
    const report = await runKit({ harness: mutantHarness({}) })
    expect(report.cases.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(report).toMatchObject({ passed: providerCases.length, failed: 0, skipped: 0 })
  })

  it.each(providerCases.map((one) => [titleOf(one), one] as const))('can refuse: %s', async (title, one) => {
    const mutant = MUTANTS[title]
    if (!mutant) throw new Error('there is no mutant for this case in mutants.ts')
    await expect(runCase(mutantHarness(mutant), one, 'owner')).rejects.toThrow()
  })

  it('has a mutant for each case and no other', () => {
    expect(Object.keys(MUTANTS).toSorted()).toEqual(titles.toSorted())
  })

  it('names every requirement once, in the groups of the contract, with advice for each', () => {
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles.length).toBeGreaterThanOrEqual(80)
    const groups = new Set(providerCases.map(({ group }) => group))
    expect([...groups].toSorted()).toEqual(Object.keys(GROUP_ADVICE).toSorted())
    expect(groups.size).toBe(16)
  })
})

describe('runKit', () => {
  it('goes on after a failure, and says what it means', async () => {
    const report = await runKit({ harness: mutantHarness({ driver: () => ({ logs: async () => 'hello' }) }) })
    const failed = report.cases.filter(({ outcome }) => outcome === 'failed')
    expect(failed.map(({ group, name }) => `${group}: ${name}`)).toContain(
      'logs: keeps apart what machines print',
    )
    expect(report.passed).toBeGreaterThan(60)
    for (const { message, advice } of failed)
      expect([typeof message, typeof advice]).toEqual(['string', 'string'])
  })

  it('skips with a reason, and nothing that there is not', async () => {
    const harness = mutantHarness({})
    const report = await runKit({
      harness,
      skip: { 'logs: refuses a size that is none': 'no reason at all' },
    })
    expect(report.cases.find(({ outcome }) => outcome === 'skipped')?.message).toBe('no reason at all')
    await expect(runKit({ harness, skip: { 'logs: flies': 'x' } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  it('cut short, destroys what was launched and skips the rest', async () => {
    const harness = mutantHarness({})
    const controller = new AbortController()
    let launches = 0
    const open: typeof harness.open = async (owner) => {
      const provider = await harness.open(owner)
      return {
        ...provider,
        launch: async (spec, options) => {
          const machine = await provider.launch(spec, options)
          launches += 1
          if (launches === 3) controller.abort()
          return machine
        },
      }
    }
    const seen: CaseResult[] = []
    const report = await runKit({
      harness: { ...harness, open },
      signal: controller.signal,
      onResult: (result) => void seen.push(result),
    })
    expect(report.cases.at(-1)).toMatchObject({ outcome: 'skipped', message: 'the run was interrupted' })
    expect(report.passed + report.skipped).toBe(providerCases.length)
    expect(seen).toEqual(report.cases)
    expect(await harness.leftovers()).toEqual([])
  })

  it('cut short while a provider opens, runs nothing on it afterwards, and closes it', async () => {
    const harness = mutantHarness({})
    const controller = new AbortController()
    const gate = Promise.withResolvers<void>()
    const calls: string[] = []
    const open: typeof harness.open = async (owner) => {
      const call = calls.push('open')
      if (call === 1) await gate.promise
      const provider = await harness.open(owner)
      return { ...provider, close: () => provider.close().finally(() => calls.push('close')) }
    }
    const one = { ...providerCases[0]!, run: async () => void calls.push('run') }
    const ran = runCase({ ...harness, open }, one, 'owner', controller.signal)
    controller.abort()
    await expect(ran).rejects.toMatchObject({ code: 'CANCELLED' })
    gate.resolve()
    for (let looks = 0; looks < 500 && calls.length < 6; looks += 1) await delay(10)
    await delay(20)
    // The case's own, and those that cleared up after its owner and its stranger.
    expect(calls.toSorted()).toEqual(['close', 'close', 'close', 'open', 'open', 'open'])
  })

  it('fails a case that does not end', async () => {
    const harness = mutantHarness({
      provider: () => ({ offerings: () => new Promise<never>(() => undefined) }),
    })
    const report = await runKit({ harness, caseTimeoutMs: 2 })
    expect(report.cases[0]).toMatchObject({ outcome: 'failed', message: 'it did not end within 2 ms' })
  })
})
