import type { SetupRun } from '../../setup/ensure.ts'
import { runDestroy } from '../../setup/run-destroy.ts'
import { findTagged } from '../../sweep/find-resources.ts'
import { sweepAll } from '../../sweep/sweep.ts'
import { countLine, findLeft, RUN_TAG } from './find-run.ts'

const WITHIN_MS = 900_000

/** Ends and removes all of a run, then lists every kind of thing. Gives what is left, which should be nothing. */
export async function sweepRun(run: SetupRun): Promise<string[]> {
  const { ec2, setup, print, signal } = run
  const name = setup.owner
  const complaints: string[] = []
  const attempt = (work: Promise<void>) =>
    work.catch((thrown: Error) => void complaints.push(`sweeping ${name}: ${thrown.message}`))
  await attempt(
    sweepAll({
      ...{ ec2, owner: name, signal, withinMs: WITHIN_MS },
      // The set-up goes in an order of its own.
      find: async () =>
        (await findTagged(ec2, RUN_TAG, name)).filter(({ kind }) => kind !== 'security group'),
      onRemoved: ({ kind, id }) => print(`removed ${kind} ${id}`),
    }),
  )
  await attempt(runDestroy(run, { withMachines: true, withBlobs: true }, WITHIN_MS))
  const left = await findLeft(run, name, setup.region)
  print(`left of ${name}: ${countLine(left)}`)
  return [...complaints, ...left.map(({ kind, id }) => `left behind: ${kind} ${id}`)]
}
