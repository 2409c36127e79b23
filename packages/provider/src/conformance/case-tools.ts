import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { type ErrorCode, PlatformError } from '@openzimki/core'
import type { Machine, MachineProvider, MachineSpec } from '../contract.ts'
import type { CaseContext, ConformanceCase } from './harness.ts'

const POLL_MS = 15

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

async function until<T>({ harness }: CaseContext, look: () => Promise<T | null>): Promise<T | null> {
  const end = performance.now() + harness.settleMs
  for (;;) {
    const seen = await look()
    if (seen !== null || performance.now() > end) return seen
    await delay(POLL_MS)
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
    inspect: () => provider.inspect(id, { signal }),
    stop: () => provider.stop(id, { graceMs: 1, signal }),
    destroy: () => provider.destroy(id, { signal }),
    logs: () => provider.logs(id, { signal }),
  }
}
