import { openEngine } from '../connection/open-engine.ts'
import { createDockerProvider } from '../index.ts'
import { describeProviderAtOnce } from '../testing/describe-at-once.ts'
import { testEngine } from '../testing/engine-process.ts'
import { containersOn, testConfig } from '../testing/test-engine.ts'

let socket: string

describeProviderAtOnce('the docker provider on an engine', {
  harness: async () => {
    const engine = await testEngine()
    socket = engine.socket
    return {
      open: async (owner) => createDockerProvider(testConfig(socket, owner)),
      env: {},
      reportsFacts: true,
      crash: async ({ native }) => {
        const { docker, close } = openEngine({ socket })
        await docker.getContainer(native).kill()
        close()
      },
      leftovers: () => containersOn(socket),
      settleMs: 30_000,
      close: () => engine.close(),
    }
  },
  leftoversOf: (owners) => containersOn(socket, owners),
  atOnce: 4,
})
