import { EC2Client, type RunInstancesCommandInput } from '@aws-sdk/client-ec2'
import { IMAGE_IDS } from '../cloud/default-network.ts'
import type { SimulatorOptions } from '../simulator-options.ts'
import { type Simulator, startSimulator } from '../start-simulator.ts'

export const IMAGE = IMAGE_IDS.x86_64

/** One small instance, and what a test changes of it. */
export const oneInstance = (change: Partial<RunInstancesCommandInput> = {}): RunInstancesCommandInput => ({
  ImageId: IMAGE,
  InstanceType: 't3.micro',
  MinCount: 1,
  MaxCount: 1,
  ...change,
})

export interface TestCloud extends AsyncDisposable {
  simulator: Simulator
  ec2: EC2Client
  /** A client that signs with these. */
  clientWith(credentials: Simulator['credentials']): EC2Client
  /** Lets time pass. */
  pass(ms: number): void
}

/** A simulator without bodies, whose clock moves when it is told, and a client that does not repeat what fails. */
export async function testCloud(options: SimulatorOptions = {}): Promise<TestCloud> {
  let atMs = Date.now()
  const simulator = await startSimulator({ nowMs: () => atMs, ...options })
  const clientWith = (credentials: Simulator['credentials']) => clientOf(simulator, credentials)
  const ec2 = clientWith(simulator.credentials)
  return {
    ...{ simulator, ec2, clientWith },
    pass: (ms) => {
      atMs += ms
    },
    [Symbol.asyncDispose]: async () => {
      ec2.destroy()
      await simulator.close()
    },
  }
}

export function clientOf(simulator: Simulator, credentials = simulator.credentials): EC2Client {
  const { endpoint, region } = simulator
  return new EC2Client({ endpoint, region, credentials: { ...credentials }, maxAttempts: 1 })
}

/** The name of the error, or what came instead of one. */
export const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => ({ value }),
    (thrown: { name?: string }) => thrown.name,
  )
