import type { DockerConfig } from '../config.ts'
import { openEngine } from '../connection/open-engine.ts'
import { LABEL } from '../machine-labels.ts'
import { isOf, testConfig } from './test-engine.ts'

const NETWORK = 'zimki-test'

/** Makes the engine the manager of a Swarm, with a network for machines; gives the token with which workers join. */
export async function startSwarm(socket: string, address = '127.0.0.1'): Promise<string> {
  const { docker, close } = openEngine({ socket })
  const ListenAddr = `${address}:2377`
  // Lost nodes are noticed after three beats.
  const Spec = { Dispatcher: { HeartbeatPeriod: 1e9 } }
  await docker.swarmInit({ ListenAddr, AdvertiseAddr: address, ForceNewCluster: false, Spec })
  const { JoinTokens } = await docker.swarmInspect()
  await docker.createNetwork({ Name: NETWORK, Driver: 'overlay', Internal: true })
  close()
  return JoinTokens.Worker
}

export function swarmConfig(socket: string, owner: string, swarm: DockerConfig['swarm'] = {}): DockerConfig {
  return testConfig(socket, owner, {
    scheduler: 'swarm',
    network: NETWORK,
    // Enough for an orderly end on a busy host: what is cut off says no goodbye.
    swarm: { restarts: 0, stopGraceMs: 5_000, ...swarm },
  })
}

/** Services of these owners, or of any, by name. */
export async function servicesOn(socket: string, owners?: readonly string[]): Promise<string[]> {
  const { docker, close } = openEngine({ socket })
  const found = await docker.listServices({ filters: { label: [LABEL.owner] } })
  close()
  return found.flatMap(({ Spec }) => (isOf(owners, Spec?.Labels) ? [Spec?.Name ?? ''] : []))
}
