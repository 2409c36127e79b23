import { PlatformError } from '@openzimki/core'
import type { FakeInfrastructure } from '../fake-driver.ts'
import type { Mutant } from './mutant.ts'

const entry = (world: FakeInfrastructure, id: string) =>
  [...world.machines.values()].find(({ machine }) => machine.id === id)

/** Runs whatever it is to prepare. */
const runsAtOnce: Mutant = {
  driver: (driver) => ({
    launch: (spec, fingerprint) => driver.launch({ ...spec, prepared: false }, fingerprint),
  }),
}
/** Says that it was started. */
const startsNothing: Mutant = { driver: () => ({ start: async () => undefined }) }
const startsWhatEnded: Mutant = {
  provider: (provider, world) => ({
    start: async (id) => {
      const found = entry(world, id)
      if (found?.machine.state === 'prepared') return provider.start(id)
      if (found) Object.assign(found.machine, { state: 'running', reason: null })
    },
  }),
}

/** For every case of prepared machines an adapter that it must refuse. */
export const preparedMutants: Record<string, Mutant> = {
  'prepared: is a machine that is installed and does not run': runsAtOnce,
  'prepared: runs with the environment of its launch once it is started': startsNothing,
  'prepared: is started once, however often and by however many that is asked': {
    driver: (driver, world) => ({
      start: async (id) => {
        const found = entry(world, id)
        if (found) found.output += 'hello again\n'
        await driver.start(id)
      },
    }),
  },
  'prepared: can be started as soon as it is prepared, and until then it is refused without harm': {
    provider: () => ({
      start: async () => {
        throw new PlatformError('INTERNAL', 'this machine cannot be started just now')
      },
    }),
  },
  'prepared: is given again for the same spec, as it is, and for no other': {
    provider: (provider) => ({
      launch: async (spec) => {
        const machine = await provider.launch(spec)
        if (machine.state === 'prepared') await provider.start(spec.id)
        return provider.inspect(spec.id)
      },
    }),
  },
  'prepared: of a machine that runs or ended: start leaves it as it is': startsWhatEnded,
  'prepared: that was started and ended stays ended': startsWhatEnded,
  'prepared: is found and started after a restart of the platform': {
    driver: (driver) => {
      const known = new Set<string>()
      return {
        launch: (spec, fingerprint) => {
          known.add(spec.id)
          return driver.launch(spec, fingerprint)
        },
        start: async (id) => (known.has(id) ? driver.start(id) : undefined),
      }
    },
  },
  'prepared: that is stopped never runs any more': {
    driver: (driver) => ({
      stop: async (id, graceMs, signal) =>
        (await driver.inspect(id))?.state === 'prepared' ? undefined : driver.stop(id, graceMs, signal),
    }),
  },
  'prepared: leaves nothing when it is destroyed': {
    driver: (driver) => ({
      destroy: async (id) =>
        (await driver.inspect(id))?.state === 'prepared' ? undefined : driver.destroy(id),
    }),
  },
  'prepared: is not started by another owner': {
    provider: (_, world) => ({
      start: async (id) => {
        const found = entry(world, id)
        if (found) found.machine.state = 'running'
      },
    }),
  },
  'prepared: throws UNSUPPORTED exactly when the manifest does not say that it works': {
    provider: ({ manifest }) => ({ manifest: { ...manifest, preparesMachines: false } }),
  },
}
