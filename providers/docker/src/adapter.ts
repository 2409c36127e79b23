import { readFile } from 'node:fs/promises'
import type { AdapterTestBed, MachineDriver, ProviderAdapter, TestBedSettings } from '@openzimki/provider'
import { type CheckedDockerConfig, checkConfig } from './config.ts'
import { boundCalls } from './connection/bound-calls.ts'
import { openEngine } from './connection/open-engine.ts'
import { EngineDriver } from './engine/engine-driver.ts'
import { imageCommand } from './image/image-command.ts'
import { IMAGE_NODE } from './image/machine-image.ts'
import { LABEL } from './machine-labels.ts'
import { SwarmDriver } from './swarm/swarm-driver.ts'

/** What `zimki up --provider docker` and `zimki provider ...` load. */
export const adapter: ProviderAdapter = {
  name: 'docker',
  contractVersions: [1],
  open: ({ owner, config, sockets }) => openDriver(checkConfig(config, { owner, sockets })),
  testBed,
  commands: { image: imageCommand },
}

export function openDriver(config: CheckedDockerConfig): MachineDriver {
  const engine = boundCalls(openEngine(config.connection), config.callMs)
  return config.scheduler === 'swarm' ? new SwarmDriver(config, engine) : new EngineDriver(config, engine)
}

/** Any image that has our Node does: the kit's probe, one file, is handed over as text. */
async function testBed({ config, agent }: TestBedSettings): Promise<AdapterTestBed> {
  const probe = await readFile(agent.command.at(-1) ?? '', 'utf8')
  const given = config as Record<string, unknown>
  const command = [IMAGE_NODE, '--input-type=module', '-e', probe]
  const { connection } = checkConfig({ ...given, command }, { owner: 'test-bed' })
  const engine = openEngine(connection)
  return {
    settings: { config: { ...given, command } },
    env: {},
    reportsFacts: true,
    crash: async ({ native }) => void (await engine.docker.getContainer(native).kill()),
    leftovers: async () => {
      const filters = { label: [LABEL.owner] }
      const found = await engine.docker.listContainers({ all: true, filters })
      return found.flatMap(({ Names }) => Names)
    },
    settleMs: 30_000,
    close: async () => engine.close(),
  }
}
