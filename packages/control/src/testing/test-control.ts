import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '@openzimki/api'
import { type Artifact, ManualClock, type RequestHead } from '@openzimki/core'
import { generateIdentity, type Identity } from '@openzimki/link'
import { generateSigningKey } from '@openzimki/meter'
import type { MachineProvider } from '@openzimki/provider'
import { openFileBlobStore, openSqliteStore } from '@openzimki/store'
import { PLATFORM } from '../caller.ts'
import type { ControlOptions, PoolOptions } from '../control-options.ts'
import { type Control, createControl } from '../create-control.ts'
import { FakeAgent } from './fake-agent.ts'
import { testState } from './test-state.ts'

/** 2026-01-01T00:00:00Z */
export const START_MS = 1_767_225_600_000

/** A whole control plane over real stores and a real HTTP server, with one agent that has no cells. */
export interface TestControl {
  control: Control
  agent: FakeAgent
  clock: ManualClock
  url: string
  /** Requests that went to `invoke`, and what to answer. */
  invoked: { head: RequestHead; body: string }[]
  answers: { next: (head: RequestHead) => unknown }
  stores: Pick<ControlOptions, 'objects' | 'blobs' | 'refs'>
  logged: string[]
  options: ControlOptions
  agentAddress: string
  /** A client with the token of the operator. */
  operator: Client
  operatorToken: string
  /** A client of a new customer account. */
  customer(name?: string): Promise<{ client: Client; account: string; token: string }>
  anonymous: Client
  /** Closes control and opens it again on the same files, as after a crash: nothing is stopped in order. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function startTestControl(change: Partial<ControlOptions> = {}): Promise<TestControl> {
  const directory = await mkdtemp(join(tmpdir(), 'control-'))
  const clock = new ManualClock(START_MS)
  const { objects, refs } = await openSqliteStore({ filename: join(directory, 'objects.sqlite'), clock })
  const blobs = await openFileBlobStore({ directory: join(directory, 'blobs') })
  const logged: string[] = []
  const invoked: TestControl['invoked'] = []
  const answers: TestControl['answers'] = { next: () => ({}) }
  const options: ControlOptions = {
    ...{ state: (await testState.make?.()) ?? null },
    ...{ directory, version: '1.2.3', objects, blobs, refs, clock, randomUUID },
    log: (level, message, details) => logged.push(`${level} ${message} ${JSON.stringify(details ?? {})}`),
    baseDomains: ['localhost'],
    publicUrl: () => 'http://127.0.0.1:8080',
    capabilitySecret: Buffer.alloc(32, 7),
    signingKey: generateSigningKey(),
    providerName: 'test',
    machines: null,
    invoke: async (head, body) => {
      invoked.push({ head, body: Buffer.from(body).toString('utf8') })
      return { head: { status: 200, headers: [] }, body: Buffer.from(JSON.stringify(answers.next(head))) }
    },
    // Nothing waits in vain, and what rounds do is done when a test says so.
    timings: { agentTimeoutMs: 20_000, loadTimeoutMs: 120_000, tickMs: 3_600_000, sealMs: 3_600_000 },
    ...change,
  }
  const agentAddress = `unix:${join(directory, 'agents.sock')}`
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const started = await open(options, agentAddress, server)
  // Where the test brings machines of its own, this agent stays outside.
  const joinToken = options.machines ? null : await started.addMachine('m-1')
  const identity = generateIdentity()
  const agent = await connect(agentAddress, joinToken, identity)
  const first = await started.ensureOperator()
  const operatorToken = first?.token ?? ''
  const test: TestControl = {
    ...{
      control: started,
      agent,
      clock,
      url,
      invoked,
      answers,
      logged,
      options,
      agentAddress,
      operatorToken,
    },
    stores: { objects, blobs, refs },
    operator: createClient({ url, token: operatorToken }),
    anonymous: createClient({ url }),
    customer: async (name = 'customer') => {
      const { services } = test.control
      const { id } = await services.accounts.create(PLATFORM, { name, trusted: false })
      const { token } = await services.tokens.create(PLATFORM, { name, account: id })
      return { client: createClient({ url, token }), account: id, token }
    },
    restart: async () => {
      await test.control.close({ keepMachines: true })
      test.control = await open(options, agentAddress, server)
      test.agent = await connect(agentAddress, joinToken, identity)
    },
    close: async () => {
      test.agent.link.close()
      await test.control.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await objects.close()
      await blobs.close()
      await rm(directory, { recursive: true })
    },
  }
  return test
}

/** The pool of a platform on one machine. */
export const onePool = (provider: MachineProvider, over: Partial<PoolOptions> = {}): PoolOptions => ({
  ...{ name: 'local', provider, size: 'small', zone: null },
  ...{ floor: 1, ceiling: 1, spares: 0, priceCeiling: null },
  ...over,
})

/** The agent of machine m-1, always with the same key. */
async function connect(address: string, joinToken: string | null, identity: Identity): Promise<FakeAgent> {
  const agent = await FakeAgent.connect(address, { identity })
  if (joinToken !== null) await agent.join('m-1', joinToken)
  return agent
}

async function open(options: ControlOptions, agentAddress: string, server: Server): Promise<Control> {
  const control = await createControl(options)
  await control.listenAgents(agentAddress)
  server.removeAllListeners('request')
  server.on('request', control.apiApp)
  await control.start()
  return control
}

/** The least an artifact can be, with what a test wants in it. */
export const artifactOf = (change: Partial<Artifact> = {}): Artifact => ({
  format: 1,
  kind: 'script',
  scripts: [{ name: 'main.js', source: 'zimki.publishPath("/", function () { return "hello" })' }],
  templates: [],
  tests: [],
  files: [],
  classes: [],
  env: {},
  limits: {},
  schedules: [],
  shared: [],
  ...change,
})

/** Artifacts that differ. */
export const versionOf = (text: string): Artifact =>
  artifactOf({ scripts: [{ name: 'main.js', source: `var v = "${text}"` }] })

export const digestOf = (bytes: string): string => createHash('sha256').update(bytes).digest('hex')
