import { beforeAll } from '@jest/globals'
import { describeProvider } from '@openzimki/provider/conformance'
import { openEngine } from '../connection/open-engine.ts'
import { createDockerProvider } from '../index.ts'
import { testEngine } from '../testing/engine-process.ts'
import { containersOn, testConfig } from '../testing/test-engine.ts'

let engine: Awaited<ReturnType<typeof testEngine>>

beforeAll(async () => {
  engine = await testEngine()
})

describeProvider('the docker provider on an engine', {
  harness: {
    open: async (owner) => createDockerProvider(testConfig(engine.socket, owner)),
    env: {},
    reportsFacts: true,
    crash: async ({ native }) => {
      const { docker, close } = openEngine({ socket: engine.socket })
      await docker.getContainer(native).kill()
      close()
    },
    leftovers: () => containersOn(engine.socket),
    settleMs: 20_000,
    close: () => engine.close(),
  },
})
