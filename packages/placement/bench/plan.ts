import type { FleetState, MachineState, PoolState, RealmState } from '../src/index.ts'
import { homesIn, plan } from '../src/index.ts'

/** Prints what one `plan` of a whole fleet costs; the budget is 200 ms. */
const MACHINES = 10_000
const REALMS = 1_000_000
const REALMS_OF_ACCOUNT = 10

const pools: PoolState[] = ['own', 'cloud'].map((name, rank) => ({
  ...{
    name,
    group: null,
    zone: null,
    isolation: 'vm',
    floor: 4_000,
    ceiling: 5_000 + 100 * rank,
    spares: 0,
    prepared: 0,
    memoryBytes: 2 ** 32,
    cpus: 4,
  },
  ...{ price: rank === 0 ? null : 0.04, priceCeiling: null, backoff: null },
}))

const machineOf = (index: number): MachineState => ({
  ...{ id: `m-${index}`, pool: index < 5_000 ? 'own' : 'cloud', state: 'ready', reason: null },
  ...{ outdated: null, forced: false, isKnown: true, memoryBytes: 2 ** 32, cpus: 4, emptyMs: 0 },
})

/** An account's realms share a machine. */
function realmOf(index: number, machines: readonly MachineState[]): RealmState {
  const account = Math.floor(index / REALMS_OF_ACCOUNT)
  const machine = machines[account % machines.length]?.id ?? ''
  return {
    ...{ realm: `r-${index}`, account: `a-${account}`, pool: null, isolation: null, floor: null },
    ...{
      loads: [{ machine, serving: true }],
      wanted: true,
      memoryBytes: 30e6,
      cpus: 0.02,
      waitMs: 10,
      work: 0.1,
      outgrown: null,
    },
  }
}

const machines = Array.from({ length: MACHINES }, (_, index) => machineOf(index))
const realms = Array.from({ length: REALMS }, (_, index) => realmOf(index, machines))

const isUnlucky = (index: number) => index % 100 === 7
/** Made when their turn comes: each is as large as all that a control process holds. */
const CASES: Record<string, () => Omit<FleetState, 'homesOf'>> = {
  'all is well': () => ({ pools, machines, realms }),
  '1 % of the machines died, their realms are asked for': () => ({
    pools,
    machines: machines.map((one, index) => (isUnlucky(index) ? { ...one, state: 'lost' as const } : one)),
    realms,
  }),
  '1 % of the machines leave': () => ({
    pools,
    machines: machines.map((one, index) => (isUnlucky(index) ? { ...one, state: 'leaving' as const } : one)),
    realms,
  }),
  'every tenth realm is asked for and has no cell': () => ({
    pools,
    machines,
    realms: realms.map((one, index) => (index % 10 === 3 ? { ...one, loads: [] } : one)),
  }),
}

const homesOf = homesIn(realms)
for (const [name, made] of Object.entries(CASES)) {
  const state = { ...made(), homesOf }
  const runs = Array.from({ length: 7 }, () => {
    const startMs = performance.now()
    const before = process.threadCpuUsage()
    const { actions } = plan(state)
    const { user, system } = process.threadCpuUsage(before)
    return { ms: performance.now() - startMs, cpuMs: (user + system) / 1000, actions: actions.length }
  }).sort((a, b) => a.ms - b.ms)
  const [median, worst] = [runs[3], runs[6]]
  process.stdout.write(
    `plan of ${MACHINES} machines and ${REALMS} realms, ${name}: ` +
      `median ${median?.ms.toFixed(0)} ms, worst of 7 ${worst?.ms.toFixed(0)} ms, CPU ${median?.cpuMs.toFixed(0)} ms, ${median?.actions} actions\n`,
  )
}
