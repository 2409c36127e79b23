import type { Server as HttpServer } from 'node:http'
import { type Bridge, makeBridge } from './bridge.ts'
import { HostHypervisor } from './host-hypervisor.ts'
import { makeStateFolder, removeAll, sweepDead } from './state-folder.ts'

/** This host, ready for real instances. */
export interface Host {
  hypervisor: HostHypervisor
  bridge: Bridge
  /** Says what instances hear at 169.254.169.254. */
  serveMetadata(of: (instanceId: string) => HttpServer): void
}

/** Sweeps what dead simulators left, and makes the network that instances will be in. */
export async function openHost({ stateFolder }: { stateFolder: string }): Promise<Host> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(
      'Real instances need Linux and root; start with instances: bodiless where there is neither',
    )
  }
  await sweepDead(stateFolder)
  const folder = await makeStateFolder(stateFolder)
  try {
    const bridge = await makeBridge(folder.tag, Math.random)
    let metadataOf: ((instanceId: string) => HttpServer) | null = null
    const hypervisor = new HostHypervisor({
      folder,
      bridge,
      metadataOf: (id) => {
        if (!metadataOf) throw new Error('no metadata service was given')
        return metadataOf(id)
      },
    })
    return {
      hypervisor,
      bridge,
      serveMetadata: (of) => {
        metadataOf = of
      },
    }
  } catch (thrown) {
    await removeAll(folder)
    throw thrown
  }
}
