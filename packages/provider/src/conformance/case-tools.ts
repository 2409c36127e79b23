import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { type ErrorCode, PlatformError } from '@openzimki/core'
import type { Machine, MachineProvider, MachineSpec } from '../contract.ts'
import type { CaseContext, ConformanceCase, HarnessClock } from './harness.ts'

/** Looks come less often the longer it takes: to look at an infrastructure is work for it, which then has less left for the machine. */
const FIRST_POLL_MS = 15
const LAST_POLL_MS = 200

const HOST_CLOCK: HarnessClock = {
  nowMs: () => Date.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
}

/** Time where the machines are. */
export const clockOf = ({ harness }: CaseContext): HarnessClock => harness.clock ?? HOST_CLOCK

/** The cases of one group. */
export function group(name: string, cases: Record<string, ConformanceCase['run']>): ConformanceCase[] {
  return Object.entries(cases).map(([title, run]) => ({ group: name, name: title, run }))
}

/** A spec of the first size offered. */
export async function specOf(context: CaseContext, change: Partial<MachineSpec> = {}): Promise<MachineSpec> {
  const [offering] = await context.provider.offerings()
  assert.ok(offering, 'nothing is offered')
  return { id: 'm-1', size: offering.size, zone: null, env: context.harness.env, ...change }
}

export async function launch(context: CaseContext, change: Partial<MachineSpec> = {}): Promise<Machine> {
  return context.provider.launch(await specOf(context, change))
}

/** Launches and waits until it has said hello, so that it is able to hear what it is told. */
export async function launchReady(context: CaseContext, change: Partial<MachineSpec> = {}): Promise<Machine> {
  const { id } = await launch(context, change)
  if (context.provider.manifest.logs) await untilLogged(context, id, 'hello')
  return untilState(context, id, 'running')
}

export async function untilState(
  context: CaseContext,
  id: string,
  state: Machine['state'],
): Promise<Machine> {
  const machine = await until(context, async () => {
    const seen = await context.provider.inspect(id)
    return seen.state === state ? seen : null
  })
  assert.ok(machine, `machine ${id} was not ${state} within ${context.harness.settleMs} ms`)
  return machine
}

export async function untilLogged(context: CaseContext, id: string, text: string): Promise<string> {
  const logs = await until(context, async () => {
    const seen = await context.provider.logs(id)
    return seen.includes(text) ? seen : null
  })
  assert.ok(logs, `machine ${id} did not print ${JSON.stringify(text)} within ${context.harness.settleMs} ms`)
  return logs
}

/**
 * What `look` sees once that is not null; null when it was null for as long as a machine takes to settle. The last look begins after that time, however
 * long this process itself stood still.
 */
export async function until<T>(context: CaseContext, look: () => Promise<T | null>): Promise<T | null> {
  const clock = clockOf(context)
  const end = clock.nowMs() + context.harness.settleMs
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(LAST_POLL_MS, pauseMs * 1.5)) {
    const isLast = clock.nowMs() > end
    const seen = await look()
    if (seen !== null || isLast) return seen
    await clock.wait(pauseMs)
  }
}

/** It rejects with a PlatformError of this code, whose message can be read by a person; gives the error. */
export async function rejects(work: Promise<unknown>, ...codes: ErrorCode[]): Promise<PlatformError> {
  const error = await work.then(
    (value) => assert.fail(`expected ${codes.join(' or ')}, but it gave ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof PlatformError, `expected a PlatformError, got ${String(error)}`)
  assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}, got ${error.code}: ${error.message}`)
  assert.ok(error.message.length > 15, `the message says nothing: ${JSON.stringify(error.message)}`)
  return error
}

/** With this environment a machine does not end when it is asked to. */
export const stubborn = ({ harness }: CaseContext) => ({ env: { ...harness.env, STUBBORN: '1' } })

/** Fails with `message` when the work is still pending after a machine would have settled. */
export async function soon<T>(context: CaseContext, work: Promise<T>, message: string): Promise<T> {
  const over = new AbortController()
  const late = clockOf(context)
    .wait(context.harness.settleMs, over.signal)
    .then(() => assert.fail(message))
  late.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
  }
}

export async function ids(provider: MachineProvider): Promise<string[]> {
  return (await provider.list()).map(({ id }) => id)
}

/** All calls of the contract that take an id, by name. */
export function callsOn(
  provider: MachineProvider,
  spec: MachineSpec,
  signal?: AbortSignal,
): Record<string, () => Promise<unknown>> {
  const { id } = spec
  return {
    launch: () => provider.launch(spec, { signal }),
    start: () => provider.start(id, { signal }),
    inspect: () => provider.inspect(id, { signal }),
    stop: () => provider.stop(id, { graceMs: 1, signal }),
    destroy: () => provider.destroy(id, { signal }),
    logs: () => provider.logs(id, { signal }),
  }
}
