import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { seededRandom } from '@openzimki/provider/simulated'
import { Cloud } from './cloud/cloud.ts'
import { furnish } from './cloud/default-network.ts'
import { Control } from './control/control.ts'
import { controlDoor } from './control/control-door.ts'
import { FaultPlan } from './faults/fault-plan.ts'
import { type Forward, forward } from './machine/forward.ts'
import { type Host, openHost } from './machine/open-host.ts'
import { metadataService } from './metadata/metadata-service.ts'
import { RoleKeys } from './metadata/role-keys.ts'
import { apiDoor } from './protocol/api-door.ts'
import { CallCounter } from './protocol/call-counter.ts'
import { Callers } from './protocol/caller.ts'
import { type SimulatorOptions, type SimulatorSettings, simulatorOptions } from './simulator-options.ts'

export interface Simulator {
  /** Of the EC2 API. */
  endpoint: string
  region: string
  /** Of the first key, for a client. */
  credentials: { accessKeyId: string; secretAccessKey: string }
  /** For the SDK, the AWS CLI, and whoever steers the simulator over HTTP. */
  env: Record<string, string>
  /** Faults, notices, outages, counts, and what is left. */
  control: Control
  /** All there is, for tests that look behind the API. */
  cloud: Cloud
  /** The host as real instances see it; null when they are bodiless. */
  hostAddress: string | null
  /** Lets real instances reach a port of 127.0.0.1, at the same port of `hostAddress`. */
  expose(port: number): Promise<void>
  /** What an instance hears at 169.254.169.254, for tests without real instances: a server that listens nowhere yet. */
  metadataOf(instanceId: string): Server
  /** Ends all and removes every trace. */
  close(): Promise<void>
}

const DEFAULT_CIDR = '172.31.0.0/16'

/** Starts an AWS of your own on this machine. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = simulatorOptions.parse(options)
  const host = settings.instances === 'real' ? await openHost(settings) : null
  try {
    return await startOn(host, settings)
  } catch (thrown) {
    await host?.hypervisor.close()
    throw thrown
  }
}

async function startOn(host: Host | null, settings: SimulatorSettings): Promise<Simulator> {
  const { region } = settings
  const faults = new FaultPlan(seededRandom(settings.seed))
  for (const rule of settings.faults) faults.add(rule)
  const callers = new Callers()
  const credentials = addKeys(callers, settings)
  const cloud = newCloud(settings, faults, host)
  furnish(cloud, host?.bridge.cidr ?? DEFAULT_CIDR)
  const metadataOf = metadataMaker(cloud, callers, settings)
  host?.serveMetadata(metadataOf)
  const calls = new CallCounter()
  const control = new Control(cloud, calls)
  const token = randomBytes(16).toString('hex')
  const doors = [apiDoor({ cloud, callers, calls }), controlDoor({ control, faults, token })]
  const [port, controlPort] = await listenAll(doors, [settings.port, settings.controlPort])
  const endpoint = `http://127.0.0.1:${port}`
  const forwards: Forward[] = []
  const expose = async (one: number) => {
    if (host) forwards.push(await forward(host.bridge.gateway, one))
  }
  for (const one of [port ?? 0, ...settings.expose]) await expose(one)
  return {
    ...{ endpoint, region, credentials, control, cloud, expose, metadataOf },
    env: envOf(endpoint, region, credentials, { url: `http://127.0.0.1:${controlPort}`, token }),
    hostAddress: host?.bridge.gateway ?? null,
    close: async () => {
      cloud.schedule.close()
      await Promise.all([...doors.map(shut), ...forwards.map((one) => one.close())])
      await host?.hypervisor.close()
    },
  }
}

function metadataMaker(cloud: Cloud, callers: Callers, settings: SimulatorSettings): (id: string) => Server {
  const { accountId, roles: policies } = settings
  const keys = new RoleKeys({ callers, accountId, policies, nowMs: () => cloud.nowMs() })
  return (id) => metadataService(cloud, id, keys)
}

function newCloud(settings: SimulatorSettings, faults: FaultPlan, host: Host | null): Cloud {
  const { accountId, region, zones, seed, times, nowMs } = settings
  return new Cloud({
    ...{ accountId, region, zones, seed, times, faults },
    nowMs: nowMs ?? (() => Date.now()),
    timed: nowMs === undefined,
    hypervisor: host?.hypervisor ?? null,
  })
}

function addKeys(callers: Callers, settings: SimulatorSettings): Simulator['credentials'] {
  const madeUp = {
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    policy: {},
  }
  const keys = settings.keys.length > 0 ? settings.keys : [madeUp]
  for (const [index, key] of keys.entries()) {
    const arn = `arn:aws:iam::${settings.accountId}:user/user-${index + 1}`
    callers.add({ ...key, sessionToken: null, arn })
  }
  const { accessKeyId, secretAccessKey } = keys[0] ?? madeUp
  return { accessKeyId, secretAccessKey }
}

function envOf(
  endpoint: string,
  region: string,
  keys: Simulator['credentials'],
  control: { url: string; token: string },
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_EC2: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SIMULATOR_CONTROL_URL: control.url,
    AWS_SIMULATOR_CONTROL_TOKEN: control.token,
  }
}

async function listenAll(servers: Server[], ports: number[]): Promise<number[]> {
  return Promise.all(
    servers.map(async (server, index) => {
      server.listen(ports[index], '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    }),
  )
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
