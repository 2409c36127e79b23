import type { Mutant } from './mutant.ts'

const deaf: Mutant = {
  driver: () => ({
    async *watch(signal) {
      yield null
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    },
  }),
}

/** For every case of the watch a driver or provider that it must refuse. */
export const watchMutants: Record<string, Mutant> = {
  'watch: begins with the word that anything may have changed': {
    driver: (driver) => ({
      async *watch(signal) {
        yield 'm-1'
        yield* driver.watch(signal)
      },
    }),
  },
  'watch: tells of a machine that ended by itself, and then it is seen as ended': deaf,
  'watch: tells of one that another platform of the owner ended': {
    driver: (driver) => {
      const own = new Set<string>()
      return {
        stop: (id, graceMs, signal) => {
          own.add(id)
          return driver.stop(id, graceMs, signal)
        },
        async *watch(signal) {
          for await (const id of driver.watch(signal)) if (id === null || own.has(id)) yield id
        },
      }
    },
  },
  'watch: tells of machines that a platform before it launched': {
    driver: (driver) => {
      const own = new Set<string>()
      return {
        launch: (spec, fingerprint) => {
          own.add(spec.id)
          return driver.launch(spec, fingerprint)
        },
        async *watch(signal) {
          for await (const id of driver.watch(signal)) if (id === null || own.has(id)) yield id
        },
      }
    },
  },
  'watch: tells of machines that were launched after it began': {
    driver: (driver) => ({
      async *watch(signal) {
        const there = new Set((await driver.list()).map(({ id }) => id))
        for await (const id of driver.watch(signal)) if (id === null || there.has(id)) yield id
      },
    }),
  },
  'watch: tells nothing of the machines of another owner': {
    driver: (driver, world) => ({
      async *watch(signal) {
        const told: string[] = []
        const listener = (_: string, id: string) => void told.push(id)
        world.listeners.add(listener)
        for await (const id of driver.watch(signal)) {
          yield* told.splice(0)
          yield id
        }
        world.listeners.delete(listener)
      },
    }),
  },
  'watch: tells each of several who watch, and ends for one alone': {
    driver: (driver) => {
      let watching = 0
      return {
        watch: (signal) => {
          watching += 1
          return watching === 2
            ? deaf.driver!(driver, undefined as never).watch!(signal)
            : driver.watch(signal)
        },
      }
    },
  },
  'watch: ends without an error when the provider is closed': {
    provider: (provider) => ({ watch: () => provider.watch(), close: async () => undefined }),
  },
  'watch: throws UNSUPPORTED exactly when the manifest does not say that it works': {
    provider: ({ manifest }) => ({ manifest: { ...manifest, watch: false } }),
  },
}
