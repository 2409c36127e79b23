import { openEngine } from '@openzimki/provider-docker/testing'

/** What every engine has. */
const OWN_NETWORKS = new Set(['none', 'host', 'bridge'])

/** Containers, networks and volumes of an engine that is nobody else's. */
export async function engineLeftovers(socket: string): Promise<string[]> {
  const { docker, close } = openEngine({ socket })
  try {
    const [containers, networks, { Volumes: volumes }] = await Promise.all([
      docker.listContainers({ all: true }),
      docker.listNetworks(),
      docker.listVolumes(),
    ])
    return [
      ...containers.map(({ Names, State }) => `container ${Names.join(', ')} (${State})`),
      ...networks.flatMap(({ Name }) => (OWN_NETWORKS.has(Name) ? [] : [`network ${Name}`])),
      ...(volumes ?? []).map(({ Name }) => `volume ${Name}`),
    ]
  } finally {
    close()
  }
}
