import { randomUUID } from 'node:crypto'
import type { EC2Client } from '@aws-sdk/client-ec2'

/** Who is asked before something is launched. */
export interface LaunchDoor {
  /** Rejects: it may not be launched. The same key again is the same launch. */
  reserve(key: string, count: number): void | Promise<void>
  made(key: string, instances: readonly string[]): void | Promise<void>
  notMade(key: string): void | Promise<void>
}

type Answer = { output: { Instances?: { InstanceId?: string }[] } }
type Next = (args: { input: object }) => Promise<Answer>
type Stack = {
  add(
    middleware: (next: Next, context: { commandName?: string }) => Next,
    options: { step: 'initialize'; name: string },
  ): void
}

/** The call that makes instances; a client with this guard makes none without leave. */
const LAUNCHES = 'RunInstancesCommand'
/** Other ways to make some, which nothing of ours goes. */
const OTHER_LAUNCHES = /^(CreateFleet|RequestSpot|RunScheduled)/

export function guardLaunches(ec2: EC2Client, door: LaunchDoor): EC2Client {
  const guard =
    (next: Next, { commandName = '' }: { commandName?: string }): Next =>
    (args) => {
      if (OTHER_LAUNCHES.test(commandName)) throw new Error(`${commandName} is not under the budget's guard`)
      return commandName === LAUNCHES ? launch(door, next, args) : next(args)
    }
  const stack = ec2.middlewareStack as unknown as Stack
  stack.add(guard, { step: 'initialize', name: 'guardLaunches' })
  return ec2
}

async function launch(door: LaunchDoor, next: Next, args: { input: object }): Promise<Answer> {
  const { ClientToken, MaxCount = 1 } = args.input as { ClientToken?: string; MaxCount?: number }
  const key = ClientToken ?? randomUUID()
  await door.reserve(key, MaxCount)
  try {
    const answer = await next(args)
    const ids = (answer.output.Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? [])
    await door.made(key, ids)
    return answer
  } catch (thrown) {
    // Refused by AWS. Of everything else it is not known what came of it.
    const { httpStatusCode: status = 0 } =
      (thrown as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {}
    if (status >= 400 && status < 500) await door.notMade(key)
    throw thrown
  }
}
