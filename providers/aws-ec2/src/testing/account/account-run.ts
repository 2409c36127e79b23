import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { PlatformError } from '@openzimki/core'
import { type Bundle, buildBundle } from '../../bundle/build-bundle.ts'
import type { Ec2Config } from '../../config.ts'
import type { SetupRun } from '../../setup/ensure.ts'
import { mapSetupError } from '../../setup/map-setup-error.ts'
import { runInit } from '../../setup/run-init.ts'
import { openClients } from '../../setup/setup-clients.ts'
import { checkSetup, type SetupConfig } from '../../setup/setup-config.ts'
import type { AccountOptions } from './account-options.ts'
import { Budget, type Step, usd } from './budget.ts'
import { RUN_TAG } from './find-run.ts'
import { machineRate } from './machine-rate.ts'
import { requireCredentials } from './require-credentials.ts'
import { sweepRun } from './sweep-run.ts'
import { watchEnds } from './watch-ends.ts'

/** What work in an account has. */
export interface AccountRun {
  name: string
  region: string
  /** Of machines, in the set-up that was made for this run. All that they make bears the run's tag. */
  config: Ec2Config
  /** For `zimki up --blobs`. */
  blobs: string
  budget: Budget
  clients: Pick<SetupRun, 'ec2' | 's3'>
  /** The run is to end: its time or its budget is used up, or it was interrupted. */
  signal: AbortSignal
  /** Ends the run. */
  giveUp(because: string): void
  say(line: string): void
}

export interface AccountWork {
  /** Different in each run: `zimki-test-1a2b3c4d`. */
  name: string
  options: AccountOptions
  /** What it does, with what it may need at most. */
  plan: readonly Step[]
  /** Aborted: the run ends, and is swept. */
  signal: AbortSignal
  say(line: string): void
  /** Gives what was not as promised. */
  work(run: AccountRun): Promise<string[]>
  bundle?(folder: string): Promise<Bundle>
  /** Between looks at what AWS has. */
  pauseMs?: number
}

/** Requests, storage and traffic of a bucket for an hour, far more than a run has: 10,000 puts alone. The price file need not have them. */
const BUCKET_USD = 0.05
const PAUSE_MS = 2_000
/** Work that was told to end is not waited for longer. */
const END_WAIT_MS = 120_000

/**
 * Makes a set-up of AWS, works in it within a budget, and removes all of it, whatever happens. Gives what was not as promised, and what is left.
 * INVALID_ARGUMENT, PERMISSION_DENIED, QUOTA_EXCEEDED: nothing was made.
 */
export async function runInAccount(given: AccountWork): Promise<string[]> {
  const { options, name, plan, say } = given
  const setup = setupOf(given)
  const volumeGib = setup.volume.gib
  const { types, region, priceFile, minutes, budgetUsd } = options
  const budget = new Budget({
    ...{ limitUsd: budgetUsd, asideUsd: BUCKET_USD, nowMs: Date.now },
    usdPerHour: await machineRate({ region, types, volumeGib, priceFile }),
    endsAtMs: Date.now() + minutes * 60_000,
  })
  for (const step of plan)
    say(
      `at most ${usd(budget.costOf(step), 'up')}: ${step.name} (${step.machines} machines, ${step.minutes} minutes each)`,
    )
  say(`at most ${usd(BUCKET_USD)}: the bucket`)
  budget.require(plan)
  const clients = openClients(setup)
  try {
    await requireCredentials(clients.ec2)
    say(
      `run ${name} in ${region}; should this process be killed: npm run e2e:aws -- sweep --region ${region} --run ${name}`,
    )
    return await workAndSweep(
      given,
      { ...clients, setup, print: say, pauseMs: given.pauseMs ?? PAUSE_MS },
      budget,
    )
  } catch (thrown) {
    throw mapSetupError(thrown)
  } finally {
    clients.close()
  }
}

export const setupOf = ({ name, options }: Pick<AccountWork, 'name' | 'options'>): SetupConfig =>
  checkSetup(
    {
      sizes: { small: { types: options.types }, spot: { types: options.types, market: 'spot' } },
      tags: { [RUN_TAG]: name },
      ...(options.priceFile === undefined ? {} : { priceFile: options.priceFile }),
    },
    name,
    options.region,
  )

async function workAndSweep(
  given: AccountWork,
  parts: Omit<SetupRun, 'signal'>,
  budget: Budget,
): Promise<string[]> {
  const { say, options } = given
  const end = new AbortController()
  const giveUp = (because: string) => {
    budget.close(because)
    end.abort(new PlatformError('CANCELLED', because))
  }
  const onSignal = () => giveUp('it was interrupted')
  given.signal.addEventListener('abort', onSignal, { once: true })
  if (given.signal.aborted) onSignal()
  const late = setTimeout(() => giveUp(`its ${options.minutes} minutes are over`), options.minutes * 60_000)
  const watch = watchEnds({ ec2: parts.ec2, run: given.name, budget, everyMs: parts.pauseMs })
  try {
    const working = work({ ...given, giveUp }, { ...parts, signal: end.signal }, budget)
    const complaints = await untilEnd(working, end.signal)
    budget.close('the run is over')
    say('ends and removes all of it')
    return [...complaints, ...(await sweepRun({ ...parts, signal: new AbortController().signal }))]
  } finally {
    clearTimeout(late)
    given.signal.removeEventListener('abort', onSignal)
    await watch.close()
    say(String(budget))
  }
}

async function work(
  given: AccountWork & { giveUp(because: string): void },
  setupRun: SetupRun,
  budget: Budget,
): Promise<string[]> {
  const { name, options, say, giveUp } = given
  const { region, bundleFrom } = options
  const folder = await mkdtemp(join(tmpdir(), 'zimki-account-'))
  try {
    const { settings, blobs } = await runInit(setupRun, () => (given.bundle ?? buildBundle)(folder))
    const bundle = settings.bundle ?? { url: '', sha256: '' }
    if (bundleFrom) await openBundle(setupRun.s3, bundle.url)
    const elsewhere = bundleFrom && { ...bundle, url: `${bundleFrom}/${bundle.url.replace('s3://', '')}` }
    const { tags, volume } = setupRun.setup
    const config = {
      ...{ owner: name, ...settings, tags, volume, region, sizes: settings.sizes ?? {} },
      bundle: elsewhere || bundle,
    } satisfies Ec2Config
    const { signal, ec2, s3 } = setupRun
    signal.throwIfAborted()
    // A store that is not AWS's may believe any checksum.
    const checked = bundleFrom ? `${blobs}&read-back=true` : blobs
    return await given.work({
      ...{ name, region, config, budget, signal, giveUp, say },
      clients: { ec2, s3 },
      blobs: checked,
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Machines sign for AWS only. From a server of the operator's own anybody may read it: there is nothing in it that is not in our sources. */
async function openBundle(s3: SetupRun['s3'], url: string): Promise<void> {
  const { hostname: Bucket, pathname } = new URL(url)
  const Resource = `arn:aws:s3:::${Bucket}${pathname}`
  const Statement = [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource }]
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
}

/** Its result, or why it came to none; when it is to end, it is waited for, so that it makes nothing while all is swept. */
async function untilEnd(working: Promise<string[]>, signal: AbortSignal): Promise<string[]> {
  const result = working.catch((thrown: unknown) => [mapSetupError(thrown).message])
  const ended = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  const first = await Promise.race([result, ended.promise])
  if (first && !signal.aborted) return first
  const why = `ended before its end: ${(signal.reason as Error).message}`
  const late = Promise.withResolvers<string[]>()
  const timer = setTimeout(() => late.resolve([`did not end within ${END_WAIT_MS / 1_000} s`]), END_WAIT_MS)
  const after = await Promise.race([result, late.promise])
  clearTimeout(timer)
  return [why, ...after]
}
