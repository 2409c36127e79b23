import { setTimeout as delay } from 'node:timers/promises'
import type { Infrastructure } from '../infrastructure/infrastructure.ts'
import { killHard } from '../processes/kill-hard.ts'
import { listProcesses, type RunningProcess } from '../processes/list-processes.ts'
import type { ZimkiProcess } from '../processes/zimki-process.ts'
import type { Kill, Part } from './kill.ts'

export interface ExecutionerOptions {
  infrastructure: Infrastructure
  platform: ZimkiProcess
  data: string
  /** Realms by the pool that they run in. */
  realmsOf: ReadonlyMap<string, readonly string[]>
  random: () => number
}

/** Until everybody who held a connection to what was killed knows; the kernel tells at once, but they may have to wait for a processor. */
const NOTICE_MS = 500
/** Whoever watches over the platform or the engine starts it again within this. */
const RESTART_WITHIN_MS = 1_500
const MACHINE = 'ZIMKI_AGENT_MACHINE'

/** Kills parts of the platform, and starts again what nothing but an operator's init system would. */
export class Executioner {
  readonly #options: ExecutionerOptions
  /** Pools of machines, as control said. */
  readonly #pools = new Map<string, string>()

  constructor(options: ExecutionerOptions) {
    this.#options = options
  }

  /** Null: there is none of these just now. */
  async kill(part: Part): Promise<Kill | null> {
    if (part === 'control') return this.#killControl()
    if (part === 'engine') return this.#killEngine()
    const agents = await this.#agents()
    const agent = this.#pick(agents)
    if (!agent) return null
    const machine = agent.env(MACHINE) ?? ''
    const realms = await this.#realmsOn(machine)
    const fromMs = performance.now()
    const what = await this.#killIn(part, agent)
    if (what === null) return null
    return { part, what: `${what} of ${machine}`, realms, fromMs, untilMs: performance.now() + NOTICE_MS }
  }

  async #killIn(part: 'cell' | 'agent' | 'machine', agent: RunningProcess): Promise<string | null> {
    if (part === 'machine') {
      await this.#options.infrastructure.killMachine(agent.pid)
      return 'all'
    }
    if (part === 'agent') return killHard(agent.pid) ? `agent ${agent.pid}` : null
    const cells = (await listProcesses()).filter(({ parent }) => parent === agent.pid)
    const cell = this.#pick(cells)
    return cell && killHard(cell.pid) ? `cell ${cell.pid}` : null
  }

  async #killControl(): Promise<Kill> {
    const { platform } = this.#options
    const fromMs = performance.now()
    await platform.kill()
    const awayMs = await this.#stayAway()
    await platform.up()
    return { ...this.#ofAll('control', awayMs), fromMs, untilMs: performance.now() + NOTICE_MS }
  }

  async #killEngine(): Promise<Kill> {
    const { infrastructure } = this.#options
    await infrastructure.killEngine()
    const awayMs = await this.#stayAway()
    const fromMs = performance.now()
    await infrastructure.restoreEngine()
    return { ...this.#ofAll('engine', awayMs), fromMs, untilMs: performance.now() + NOTICE_MS }
  }

  async #stayAway(): Promise<number> {
    const awayMs = Math.round(this.#options.random() * RESTART_WITHIN_MS)
    await delay(awayMs)
    return awayMs
  }

  #ofAll(part: Part, awayMs: number): Pick<Kill, 'part' | 'what' | 'realms'> {
    return { part, what: `away for ${awayMs} ms`, realms: [...this.#options.realmsOf.values()].flat() }
  }

  async #agents(): Promise<RunningProcess[]> {
    const { data } = this.#options
    return (await listProcesses()).filter((one) => one.env(MACHINE) !== null && one.mentions(data))
  }

  async #realmsOn(machine: string): Promise<readonly string[]> {
    const { platform, realmsOf } = this.#options
    if (!this.#pools.has(machine)) {
      const { items } = await platform.client.fleet.machines({ query: {} })
      for (const { id, pool } of items) this.#pools.set(id, pool ?? '')
    }
    return realmsOf.get(this.#pools.get(machine) ?? '') ?? []
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#options.random() * list.length)]
  }
}
