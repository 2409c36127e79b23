import type { FleetState, RealmState } from './fleet-state.ts'
import type { Host, HostTable } from './host-table.ts'

/** Where accounts are at home, with what this round gives them. */
export class Homes {
  readonly #state: Pick<FleetState, 'homesOf'>
  readonly #table: HostTable
  readonly #byAccount = new Map<string, Set<Host>>()

  constructor(state: Pick<FleetState, 'homesOf'>, table: HostTable) {
    this.#state = state
    this.#table = table
  }

  of(account: string): ReadonlySet<Host> {
    return this.#of(account)
  }

  add(account: string, host: Host): void {
    this.#of(account).add(host)
  }

  #of(account: string): Set<Host> {
    const known = this.#byAccount.get(account)
    if (known) return known
    const homes = new Set<Host>()
    for (const machine of this.#state.homesOf(account)) {
      const host = this.#table.get(machine)
      if (host) homes.add(host)
    }
    this.#byAccount.set(account, homes)
    return homes
  }
}

/** An index of the homes in these realms, for those who keep none. */
export function homesIn(realms: Iterable<RealmState>): FleetState['homesOf'] {
  const byAccount = new Map<string, Set<string>>()
  for (const { account, loads } of realms) {
    const homes = byAccount.get(account) ?? new Set()
    for (const { machine } of loads) homes.add(machine)
    byAccount.set(account, homes)
  }
  return (account) => byAccount.get(account) ?? []
}
