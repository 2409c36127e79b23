import { describeProvider, type ProviderHarness } from './conformance/index.ts'
import {
  createProvider,
  FakeDriver,
  FakeInfrastructure,
  faultyDriver,
  type MachineProvider,
  retryingProvider,
} from './index.ts'

function fakeHarness(open: (world: FakeInfrastructure, owner: string) => MachineProvider): ProviderHarness {
  const world = new FakeInfrastructure()
  return {
    open: async (owner) => open(world, owner),
    env: {},
    crash: async ({ native }) => world.crash(native),
    leftovers: async () => world.natives,
    settleMs: 1_000,
    close: async () => undefined,
  }
}

describeProvider('the fake', {
  harness: fakeHarness((world, owner) => createProvider(new FakeDriver(world, owner))),
})

/** A fifth of the calls fail before they do anything, a tenth do it and lose the answer; scattered, yet the same each time. */
describeProvider('the fake behind a bad line, with repeated calls', {
  harness: fakeHarness((world, owner) => {
    const driver = faultyDriver(new FakeDriver(world, owner), (method, call) => {
      if (method === 'check') return null
      const roll = (Math.imul(call, 2_654_435_761) >>> 16) % 10
      if (roll < 2) return { when: 'before', error: new Error('the line is dead') }
      return roll === 2 ? { when: 'after', error: new Error('the answer was lost') } : null
    })
    return retryingProvider(createProvider(driver), 50)
  }),
})
