import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Cloud } from './cloud/cloud.ts'
import { furnish } from './cloud/default-network.ts'
import { seededRandom } from './cloud/seeded-random.ts'
import { FaultPlan } from './faults/fault-plan.ts'
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
  /** The first key, for a client. */
  credentials: { accessKeyId: string; secretAccessKey: string }
  /** For the SDK and the AWS CLI. */
  env: Record<string, string>
  faults: FaultPlan
  calls: CallCounter
  cloud: Cloud
  /** Of the host, as real instances see it; null when there are none. */
  hostAddress: string | null
  close(): Promise<void>
}

const DEFAULT_CIDR = '172.31.0.0/16'

/** Starts an AWS of your own on this machine. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = simulatorOptions.parse(options)
  const faults = new FaultPlan(seededRandom(settings.seed))
  for (const rule of settings.faults) faults.add(rule)
  const callers = new Callers()
  const host = settings.instances === 'real' ? await openHost(settings) : null
  const cloud = newCloud(settings, faults, host)
  const roleKeys = new RoleKeys({
    callers,
    accountId: settings.accountId,
    policies: settings.roles,
    nowMs: () => cloud.nowMs(),
  })
  host?.serveMetadata((id) => metadataService(cloud, id, roleKeys))
  furnish(cloud, host?.bridge.cidr ?? DEFAULT_CIDR)
  const credentials = addKeys(callers, settings)
  const calls = new CallCounter()
  const door = apiDoor({ cloud, callers, calls })
  const endpoint = `http://127.0.0.1:${await listen(door, settings.port)}`
  return {
    endpoint,
    region: settings.region,
    credentials,
    env: envOf(endpoint, settings.region, credentials),
    faults,
    calls,
    cloud,
    hostAddress: host?.bridge.gateway ?? null,
    close: async () => {
      cloud.schedule.close()
      await shut(door)
      await host?.hypervisor.close()
    },
  }
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

function envOf(endpoint: string, region: string, keys: Simulator['credentials']): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_EC2: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
