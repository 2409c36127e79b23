import { openEngine } from '../connection/open-engine.ts'
import { createDockerProvider } from '../index.ts'
import { describeProviderAtOnce } from '../testing/describe-at-once.ts'
import { EngineProcess, ensureTestImage } from '../testing/engine-process.ts'
import { servicesOn, startSwarm, swarmConfig } from '../testing/test-swarm.ts'

let engine: EngineProcess

describeProviderAtOnce('the docker provider on a Swarm', {
  harness: async () => {
    engine = await EngineProcess.start()
    await ensureTestImage(engine.socket)
    await startSwarm(engine.socket)
    return {
      open: async (owner) => createDockerProvider(swarmConfig(engine.socket, owner)),
      env: {},
      reportsFacts: true,
      crash: ({ native }) => killTasksOf(native),
      leftovers: () => servicesOn(engine.socket),
      settleMs: 30_000,
      close: () => engine.close(),
    }
  },
  leftoversOf: (owners) => servicesOn(engine.socket, owners),
  atOnce: 8,
})

async function killTasksOf(service: string): Promise<void> {
  const { docker, close } = openEngine({ socket: engine.socket })
  const label = [`com.docker.swarm.service.id=${service}`]
  const found = await docker.listContainers({ filters: { label } })
  for (const { Id } of found) await docker.getContainer(Id).kill()
  close()
}
