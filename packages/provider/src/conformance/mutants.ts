import { readlinkSync } from 'node:fs'
import { PlatformError } from '@openzimki/core'
import type { Machine, MachineProvider } from '../contract.ts'
import type { FakeInfrastructure } from '../fake-driver.ts'
import type { Mutant } from './mutant.ts'
import { preparedMutants } from './prepared-mutants.ts'
import { watchMutants } from './watch-mutants.ts'

const all = (world: FakeInfrastructure): Machine[] =>
  [...world.machines.values()].map(({ machine }) => machine)
const entry = (world: FakeInfrastructure, id: string) =>
  [...world.machines.values()].find(({ machine }) => machine.id === id)
const never = new Promise<never>(() => undefined)
const anyName = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, 'x')
    .slice(0, 40)
    .replaceAll(/^-|-$/g, 'x') || 'x'

const MADE_UP: Machine = {
  ...{ id: 'made-up', size: 'small', zone: 'here', state: 'running', reason: null },
  ...{ createdAtMs: 0, native: 'nothing', fingerprint: 'none' },
}

// Several requirements fall to the same mistake.
const pretendsToDestroy: Mutant = { driver: () => ({ destroy: async () => undefined }) }
const forgetsFingerprint: Mutant = { driver: (driver) => ({ launch: (spec) => driver.launch(spec, 'x') }) }
const replaces: Mutant = {
  provider: (provider) => ({
    launch: async (spec) => provider.destroy(spec.id).then(() => provider.launch(spec)),
  }),
}
const adopts: Mutant = {
  provider: (provider) => ({
    launch: (spec) => provider.inspect(spec.id).catch(() => provider.launch(spec)),
  }),
}
const makesUpMachines: Mutant = {
  provider: (provider) => ({ inspect: (id) => provider.inspect(id).catch(() => MADE_UP) }),
}
const endsByForce: Mutant = { driver: (driver) => ({ stop: (id) => driver.stop(id, 0) }) }
const swallowsStops: Mutant = {
  provider: (provider) => ({ stop: (id, options) => provider.stop(id, options).catch(() => undefined) }),
}
const forgetsAtRestart: Mutant = {
  driver: (driver) => {
    const known = new Set<string>()
    return {
      launch: (spec, fingerprint) => {
        known.add(spec.id)
        return driver.launch(spec, fingerprint)
      },
      list: async () => (await driver.list()).filter(({ id }) => known.has(id)),
      stop: async (id, graceMs, signal) => (known.has(id) ? driver.stop(id, graceMs, signal) : undefined),
      destroy: async (id) => (known.has(id) ? driver.destroy(id) : undefined),
    }
  },
}
const countsLaunches: Mutant = {
  provider: (provider) => {
    let calls = 0
    return {
      launch: (spec) => {
        calls += 1
        return provider.launch({ ...spec, id: `${spec.id}-${calls}` })
      },
    }
  },
}
const killsAtClose: Mutant = {
  provider: (provider, world) => ({
    close: () => {
      for (const machine of all(world)) machine.state = 'stopped'
      return provider.close()
    },
  }),
}
const boastsOfRoom: Mutant = {
  provider: ({ manifest }) => ({ manifest: { ...manifest, maxEnvBytes: manifest.maxEnvBytes + 10 } }),
}
const deniesLogs: Mutant = { provider: ({ manifest }) => ({ manifest: { ...manifest, logs: false } }) }
const failsToDestroyNothing: Mutant = {
  provider: (provider) => ({ destroy: async (id) => provider.inspect(id).then(() => provider.destroy(id)) }),
}
const leavesVolumes: Mutant = {
  provider: (provider) => ({
    launch: (spec, options) => {
      volumes.get(provider.manifest)?.push(spec.id)
      return provider.launch(spec, options)
    },
  }),
  harness: (harness, world) => {
    const left: string[] = []
    return {
      leftovers: async () => [...world.natives, ...left],
      open: async (owner) => {
        const provider = await harness.open(owner)
        volumes.set(provider.manifest, left)
        return provider
      },
    }
  },
}
/** What each provider of `leavesVolumes` left; kept by manifest, which every provider has of its own. */
const volumes = new WeakMap<MachineProvider['manifest'], string[]>()

const launchMutants: Record<string, Mutant> = {
  'launch: offers sizes with what they have': { driver: () => ({ offerings: async () => [] }) },
  'launch: offers a size in a zone once': {
    driver: (driver) => ({
      offerings: async () => [...(await driver.offerings()), ...(await driver.offerings())],
    }),
  },
  'launch: makes a machine under our id, as asked': forgetsFingerprint,
  'launch: gets it to run': {
    driver: (driver) => ({
      inspect: async (id) => {
        const machine = await driver.inspect(id)
        return machine && { ...machine, state: 'starting' }
      },
    }),
  },
  'launch: puts it into the zone asked for': {
    driver: (driver) => ({
      launch: (spec, fingerprint) => driver.launch({ ...spec, zone: null }, fingerprint),
    }),
  },
  'launch: refuses a size that is not offered, and makes nothing': {
    provider: (provider) => ({ launch: (spec) => provider.launch({ ...spec, size: 'small' }) }),
  },
  'launch: refuses a zone that is not offered, and makes nothing': {
    provider: (provider) => ({ launch: (spec) => provider.launch({ ...spec, zone: null }) }),
  },
  'launch: hands the environment over as it is': {
    driver: (driver) => ({ launch: (spec, fingerprint) => driver.launch({ ...spec, env: {} }, fingerprint) }),
  },
  'launch: takes an empty environment': {
    provider: (provider) => ({
      launch: async (spec) => {
        if (Object.keys(spec.env).length > 0) return provider.launch(spec)
        throw new PlatformError('INVALID_ARGUMENT', 'the environment must not be empty')
      },
    }),
  },
  'launch: makes several machines that are not the same': {
    driver: (driver) => ({
      inspect: async (id) => {
        const machine = await driver.inspect(id)
        return machine && { ...machine, native: 'the machine' }
      },
    }),
  },
  'idempotency: gives the first machine for the same spec': replaces,
  'idempotency: does so after a restart of the platform': replaces,
  'idempotency: does not mind the order of the environment': {
    provider: (provider) => ({
      launch: async (spec) => {
        const names = Object.keys(spec.env)
        if (names.join() === names.toSorted().join()) return provider.launch(spec)
        throw new PlatformError('ALREADY_EXISTS', 'this was launched with another environment')
      },
    }),
  },
  'idempotency: refuses the id for another environment and leaves the first machine alone': adopts,
  'idempotency: refuses the id for another size or zone that is offered': adopts,
  'idempotency: does not start a machine again that was stopped': {
    driver: (driver, world) => ({
      inspect: async (id) => {
        const machine = await driver.inspect(id)
        if (machine?.state !== 'stopped') return machine
        return Object.assign(entry(world, id)?.machine ?? machine, { state: 'running' as const })
      },
    }),
  },
  'idempotency: does not start a machine again that failed': replaces,
  'idempotency: after destroy makes a new machine, or says that the id is still taken': {
    provider: (provider) => ({ destroy: (id) => provider.stop(id, { graceMs: 0 }).catch(() => undefined) }),
  },
}

const lookMutants: Record<string, Mutant> = {
  'inspect: says NOT_FOUND of what was never launched': makesUpMachines,
  'inspect: tells the same as launch did': {
    driver: (driver) => ({
      inspect: async (id) => {
        const machine = await driver.inspect(id)
        return machine && { ...machine, createdAtMs: machine.createdAtMs + 1 }
      },
    }),
  },
  'inspect: tells the same each time': {
    driver: (driver, world) => ({
      inspect: async (id) => {
        const machine = await driver.inspect(id)
        return machine && { ...machine, native: world.nextNative() }
      },
    }),
  },
  'inspect: finds what ended by itself, and says why': {
    driver: (driver) => ({
      inspect: async (id) => {
        const machine = await driver.inspect(id)
        return machine && { ...machine, reason: null }
      },
    }),
  },
  'inspect: does not see the machine of another owner': {
    driver: (_, world) => ({ inspect: async (id) => entry(world, id)?.machine ?? null }),
  },
  'inspect: does not show the environment': {
    provider: (provider, world) => ({
      inspect: async (id) => ({
        ...(await provider.inspect(id)),
        native: JSON.stringify(entry(world, id)?.env),
      }),
    }),
  },
  'list: is empty at first': { driver: () => ({ list: async () => [MADE_UP] }) },
  'list: has all machines in order of id': {
    provider: (provider) => ({ list: async () => (await provider.list()).toReversed() }),
  },
  'list: tells the same as inspect': {
    driver: (driver) => ({
      list: async () => (await driver.list()).map((machine) => ({ ...machine, createdAtMs: 0 })),
    }),
  },
  'list: does not have what was destroyed': pretendsToDestroy,
  'list: has those that were stopped or failed': {
    driver: (driver) => ({
      list: async () => (await driver.list()).filter(({ state }) => state === 'running'),
    }),
  },
  'list: does not have the machines of another owner, even under the same id': {
    driver: (_, world) => ({ list: async () => all(world) }),
  },
  'list: finds orphans after a restart of the platform': forgetsAtRestart,
  'logs: has what the machine printed': { driver: () => ({ logs: async () => '' }) },
  'logs: can be read after the machine has ended': {
    driver: (driver) => ({
      logs: async (id, maxBytes) =>
        (await driver.inspect(id))?.state === 'running' ? driver.logs(id, maxBytes) : '',
    }),
  },
  'logs: gives the end, at most as many bytes as asked for': {
    driver: (driver) => ({ logs: async (id, maxBytes) => (await driver.logs(id, 1_000)).slice(0, maxBytes) }),
  },
  'logs: gives no more bytes than asked for where that cuts a character': {
    provider: (provider) => ({
      logs: async (id, options) => (await provider.logs(id)).slice(-(options?.maxBytes ?? 1_000)),
    }),
  },
  'logs: keeps apart what machines print': {
    driver: (_, world) => ({
      logs: async () => [...world.machines.values()].map(({ output }) => output).join(''),
    }),
  },
  'logs: says NOT_FOUND of what was never launched, or is not ours': {
    provider: (provider) => ({ logs: (id, options) => provider.logs(id, options).catch(() => '') }),
  },
  'logs: refuses a size that is none': { provider: (provider) => ({ logs: (id) => provider.logs(id) }) },
  'logs: throws UNSUPPORTED exactly when the manifest says that there are none': deniesLogs,
}

const endMutants: Record<string, Mutant> = {
  'stop: ends the machine, which is still found': { driver: () => ({ stop: async () => undefined }) },
  'stop: lets it end in order, where the manifest says so': endsByForce,
  'stop: ends by force what does not end in its grace': {
    driver: (driver, world) => ({
      stop: async (id, graceMs, signal) =>
        entry(world, id)?.env.STUBBORN ? undefined : driver.stop(id, graceMs, signal),
    }),
  },
  'stop: takes no grace at all': {
    provider: (provider) => ({
      stop: async (id, options) => {
        if (options.graceMs > 0) return provider.stop(id, options)
        throw new PlatformError('INVALID_ARGUMENT', 'a grace is needed')
      },
    }),
  },
  'stop: gives all the grace it was asked for, where the manifest says so': endsByForce,
  'stop: may be repeated': {
    provider: (provider) => ({
      stop: async (id, options) => {
        if ((await provider.inspect(id)).state !== 'stopped') return provider.stop(id, options)
        throw new PlatformError('NOT_FOUND', 'it does not run any more')
      },
    }),
  },
  'stop: leaves what failed as it is': {
    driver: (_, world) => ({
      stop: async (id) =>
        void Object.assign(entry(world, id)?.machine ?? {}, { state: 'stopped', reason: null }),
    }),
  },
  'stop: stops what was launched before a restart': forgetsAtRestart,
  'stop: says NOT_FOUND of what was never launched': swallowsStops,
  'stop: says NOT_FOUND of what was destroyed': swallowsStops,
  'stop: does not reach the machine of another owner': {
    provider: (_, world) => ({
      stop: async (id) => void Object.assign(entry(world, id)?.machine ?? {}, { state: 'stopped' }),
    }),
  },
  'stop: refuses a grace that is none': {
    provider: (provider) => ({ stop: (id) => provider.stop(id, { graceMs: 1 }) }),
  },
  'destroy: leaves nothing to be found': pretendsToDestroy,
  'destroy: makes every other call say NOT_FOUND': makesUpMachines,
  'destroy: removes the one it was asked to, and no other': {
    driver: (_, world) => ({
      destroy: async (id) => {
        for (const [key, { machine }] of world.machines)
          if (machine.id.startsWith(id)) world.machines.delete(key)
      },
    }),
  },
  'destroy: cuts a long grace short': {
    driver: (driver) => ({
      destroy: async (id) => ((await driver.inspect(id))?.state === 'stopping' ? never : driver.destroy(id)),
    }),
  },
  'destroy: succeeds when there is nothing': failsToDestroyNothing,
  'destroy: may be repeated': failsToDestroyNothing,
  'destroy: removes what was stopped, what failed and what is stubborn': {
    driver: (driver) => ({
      destroy: async (id) =>
        (await driver.inspect(id))?.state === 'running' ? driver.destroy(id) : undefined,
    }),
  },
  'destroy: removes what was launched before a restart': forgetsAtRestart,
  'destroy: does not reach the machine of another owner': {
    driver: (_, world) => ({
      destroy: async (id) => {
        for (const [key, { machine }] of world.machines) if (machine.id === id) world.machines.delete(key)
      },
    }),
  },
}

const errorMutants: Record<string, Mutant> = {
  'errors: come as rejections, also for nonsense': {
    provider: (provider) => ({
      inspect: (id) => {
        if (typeof id === 'string') return provider.inspect(id)
        throw new TypeError('id.match is not a function')
      },
    }),
  },
  'errors: have a code of the closed set, whatever is asked': {
    provider: () => ({
      inspect: () => Promise.reject(new PlatformError('FENCED', 'not a code of this contract')),
    }),
  },
  'errors: name the machine that is not there': {
    provider: () => ({
      inspect: () => Promise.reject(new PlatformError('NOT_FOUND', 'there is nothing like that here')),
    }),
  },
  'errors: name the size that is not offered': {
    provider: () => ({
      launch: () => Promise.reject(new PlatformError('INVALID_ARGUMENT', 'some argument is wrong')),
    }),
  },
  'errors: do not show the environment': {
    provider: (provider) => ({
      launch: (spec) =>
        provider.launch(spec).catch(() => {
          throw new PlatformError('ALREADY_EXISTS', `launched before, not with ${JSON.stringify(spec.env)}`)
        }),
    }),
  },
  'errors: leave the provider fit for use': {
    provider: (provider) => {
      let isBroken = false
      return {
        inspect: (id) => {
          isBroken = true
          return provider.inspect(id)
        },
        launch: (spec) =>
          isBroken
            ? Promise.reject(new PlatformError('INTERNAL', 'the connection is broken'))
            : provider.launch(spec),
      }
    },
  },
}

const hardMutants: Record<string, Mutant> = {
  'concurrency: makes one machine of many launches at once': countsLaunches,
  'concurrency: makes one machine of launches by two platforms at once': countsLaunches,
  'concurrency: lets one of two different specs win, and tells the other': {
    driver: (driver) => ({
      launch: async (spec, fingerprint) => ({ ...(await driver.launch(spec, fingerprint)), fingerprint }),
    }),
  },
  'concurrency: makes many machines at once': {
    provider: (provider) => {
      let isBusy = false
      return {
        launch: async (spec) => {
          if (isBusy) throw new PlatformError('NO_CAPACITY', 'one machine at a time can be made')
          isBusy = true
          return provider.launch(spec)
        },
      }
    },
  },
  'concurrency: bears stop and destroy at once': {
    provider: (provider) => {
      let destroying = 0
      return {
        destroy: async (id) => {
          destroying += 1
          if (destroying > 1) throw new PlatformError('INTERNAL', 'it is being destroyed already')
          return provider.destroy(id)
        },
      }
    },
  },
  'concurrency: after launch and destroy at once has nothing that it does not list': pretendsToDestroy,
  'abort: rejects every call with CANCELLED that comes too late': {
    provider: (provider) => ({ list: () => provider.list() }),
  },
  'abort: of a launch leaves at most the one machine that a repeated launch finds': {
    provider: (provider) => ({ launch: (spec) => provider.launch(spec) }),
  },
  'abort: of a stop comes at once, and a repeated stop ends the machine': swallowsStops,
  'abort: by close ends every call, and machines live on': {
    provider: () => ({ close: async () => undefined }),
  },
  'names: takes the longest id and owner': {
    provider: (provider) => ({
      launch: async (spec) => {
        if (spec.id.length < 30) return provider.launch(spec)
        throw new PlatformError('INVALID_ARGUMENT', 'this id is too long for a name')
      },
    }),
  },
  'names: refuses ids that are none, in every call': {
    provider: (provider) => ({ inspect: (id) => provider.inspect(anyName(id)) }),
  },
  'names: refuses owners that are none': {
    harness: ({ open }) => ({ open: (owner) => open(anyName(owner)) }),
  },
  'names: refuses an environment that none can have, without showing it': {
    provider: (provider) => ({ launch: (spec) => provider.launch({ ...spec, env: {} }) }),
  },
  'names: takes an environment as large as the manifest says': boastsOfRoom,
}

const restartMutants: Record<string, Mutant> = {
  'restart: in mid-launch: the repeated launch gives one machine': {
    driver: (driver, world) => ({
      launch: async (spec, fingerprint, signal) => {
        if (claims.has(world)) throw new PlatformError('ALREADY_EXISTS', 'it is being made already')
        claims.add(world)
        await Promise.resolve()
        signal.throwIfAborted()
        return driver.launch(spec, fingerprint)
      },
    }),
  },
  'restart: in mid-launch: what there is is listed under our id, with what it was launched with':
    forgetsFingerprint,
  'restart: in mid-launch: destroy leaves nothing': pretendsToDestroy,
  'restart: in mid-launch: the id stays refused for another environment': adopts,
  'restart: in mid-stop: the repeated stop ends it': {
    driver: (driver) => ({
      stop: async (id, graceMs, signal) =>
        (await driver.inspect(id))?.state === 'stopping' ? never : driver.stop(id, graceMs, signal),
    }),
  },
  'restart: in mid-destroy: the repeated destroy removes it': pretendsToDestroy,
  'restart: leaves machines as they were, and they can still be told to end': killsAtClose,
  'restart: by kill leaves machines running exactly if the manifest says so': killsAtClose,
}
/** Worlds in which a launch began; a real adapter would keep such a claim in a lock file. */
const claims = new WeakSet<FakeInfrastructure>()

const manifestMutants: Record<string, Mutant> = {
  'manifest: is honest in shape, and the same each time': {
    provider: ({ manifest }) => ({ manifest: { ...manifest, isolation: 'jail' as never } }),
  },
  'manifest: names each hardening once, in the words of the contract': {
    provider: ({ manifest }) => ({ manifest: { ...manifest, hardening: ['memory-limit', 'memory-limit'] } }),
  },
  'manifest: claims no isolation or hardening that a machine does not find': {
    driver: (driver) => ({
      manifest: { ...driver.manifest, isolation: 'container' },
      logs: async () => factsOfThisHost(),
    }),
    harness: () => ({ reportsFacts: true }),
  },
  'manifest: tells the truth of an orderly end': endsByForce,
  'manifest: tells the truth of logs': deniesLogs,
  'manifest: tells the truth of its largest environment': boastsOfRoom,
  'manifest: tells the truth of what is still to be had': {
    driver: (driver) => ({
      offerings: async () => (await driver.offerings()).map((offering) => ({ ...offering, capacity: 5 })),
    }),
  },
  'manifest: names the starts of machines where it says that they are started again, and nowhere else': {
    driver: (driver) => ({ manifest: { ...driver.manifest, restartsMachines: true } }),
  },
  'manifest: tells two starts of a machine apart': {
    driver: (driver, world) => ({
      manifest: { ...driver.manifest, restartsMachines: true },
      inspect: async (id) => {
        await driver.inspect(id)
        const machine = entry(world, id)?.machine
        if (machine) Object.assign(machine, { state: 'running', incarnation: 'the same' })
        return machine ?? null
      },
    }),
  },
  'manifest: shares the sockets of the platform where it says so': {
    driver: (driver) => ({ manifest: { ...driver.manifest, sharesSockets: true } }),
    harness: () => ({ sharedFile: '/nowhere' }),
  },
  'manifest: check finds that it works, in words': {
    driver: () => ({ check: async () => ({ ok: true, findings: [] }) }),
  },
}

const leftoverMutants: Record<string, Mutant> = {
  'leftovers: of a machine are seen while it is there, and gone after destroy': {
    harness: () => ({ leftovers: async () => [] }),
  },
  'leftovers: are none after launches that were refused': leavesVolumes,
  'leftovers: are none after a launch that was cut off, and destroy': leavesVolumes,
  'leftovers: are none after machines that crashed, and destroy': leavesVolumes,
  'leftovers: are none after the last case': { harness: () => ({ leftovers: async () => ['volume 7'] }) },
}

function factsOfThisHost(): string {
  const facts = {
    ...{
      pidNamespace: process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : null,
      bootId: null,
    },
    ...{ ownProcessGroup: true, uid: 0, noNewPrivileges: false, capabilities: 'ff', memoryLimited: false },
    ...{ canWriteFiles: true, addresses: [] },
  }
  return `facts ${JSON.stringify(facts)}\nfacts end\nhello\n`
}

/** For every case an adapter that it must refuse. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  ...launchMutants,
  ...lookMutants,
  ...endMutants,
  ...errorMutants,
  ...hardMutants,
  ...restartMutants,
  ...manifestMutants,
  ...leftoverMutants,
  ...watchMutants,
  ...preparedMutants,
}
