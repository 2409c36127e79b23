import { Service, type ServiceOptions } from './service.ts'
import type { UnitFile } from './unit-file.ts'
import { disable, enable, enabledUnits, fullName, isEnabled, loadUnit } from './unit-store.ts'

/** A request of a command to the first program, and what it hears. */
export interface Order {
  verb: string
  names: string[]
  flags: string[]
}

export interface Reply {
  status: number
  text: string
}

const done: Reply = { status: 0, text: '' }
const FAILED = 1
const NOT_ACTIVE = 3
const NOT_FOUND = 5

/** All units that are loaded: what systemctl talks to. */
export class Units {
  readonly #options: ServiceOptions
  readonly #services = new Map<string, Service>()

  constructor(options: ServiceOptions) {
    this.#options = options
  }

  async startEnabled(): Promise<void> {
    await Promise.allSettled(enabledUnits().map(async ({ name }) => this.#serviceOf(name)?.start()))
  }

  async stopAll(): Promise<void> {
    await Promise.allSettled([...this.#services.values()].map((one) => one.stop()))
  }

  async obey({ verb, names, flags }: Order): Promise<Reply> {
    if (verb === 'daemon-reload' || verb === 'daemon-reexec') return this.#reload()
    if (verb === 'is-system-running') return { status: 0, text: 'running\n' }
    if (verb === 'list-units') return { status: 0, text: this.#list() }
    if (verb === 'reset-failed' && names.length === 0) return this.#resetAll()
    if (names.length === 0) return { status: FAILED, text: `Too few arguments for ${verb}.\n` }
    const replies: Reply[] = []
    for (const name of names) replies.push(await this.#obeyFor(fullName(name), verb, flags))
    return {
      status: replies.find(({ status }) => status !== 0)?.status ?? 0,
      text: replies.map(({ text }) => text).join(''),
    }
  }

  #reload(): Reply {
    for (const [name, service] of this.#services) {
      const unit = loadUnit(name)
      if (unit) service.unit = unit
    }
    return done
  }

  #resetAll(): Reply {
    for (const service of this.#services.values()) service.reset()
    return done
  }

  async #obeyFor(name: string, verb: string, flags: string[]): Promise<Reply> {
    const service = this.#serviceOf(name)
    if (!service) return this.#unknown(name, verb)
    const act = ACTS[verb]
    if (!act) return { status: FAILED, text: `Unknown command verb ${verb}.\n` }
    try {
      return await act(service, flags)
    } catch (thrown) {
      const why = (thrown as Error).message
      return {
        status: FAILED,
        text: `Job for ${name} failed: ${why}\nSee "journalctl -u ${name}" for details.\n`,
      }
    }
  }

  #unknown(name: string, verb: string): Reply {
    if (verb === 'is-active' || verb === 'is-failed') return { status: NOT_ACTIVE, text: 'inactive\n' }
    if (verb === 'status') return { status: 4, text: `Unit ${name} could not be found.\n` }
    return { status: NOT_FOUND, text: `Failed to ${verb} ${name}: Unit ${name} not found.\n` }
  }

  #serviceOf(name: string): Service | null {
    const known = this.#services.get(name)
    if (known) return known
    const unit = loadUnit(name)
    if (!unit) return null
    const service = new Service(unit, this.#options)
    this.#services.set(name, service)
    return service
  }

  #list(): string {
    return [...this.#services.values()].map(({ unit, state }) => `${unit.name} loaded ${state}\n`).join('')
  }
}

type Act = (service: Service, flags: string[]) => Promise<Reply>

const start: Act = async (service, flags) => {
  const begun = service.start()
  if (flags.includes('--no-block')) begun.catch(() => undefined)
  else await begun
  return done
}
const stop: Act = async (service) => {
  await service.stop()
  return done
}
const restart: Act = async (service, flags) => {
  await service.stop()
  return start(service, flags)
}
const tell = (changed: string[]): Reply => ({ status: 0, text: changed.map((line) => `${line}\n`).join('') })

const ACTS: Record<string, Act> = {
  start,
  stop,
  restart,
  'try-restart': async (service, flags) => (service.state === 'active' ? restart(service, flags) : done),
  reload: async (service) => {
    service.reload()
    return done
  },
  'reload-or-restart': restart,
  kill: async (service, flags) => {
    service.signal(flags.find((one) => one.startsWith('--signal='))?.slice('--signal='.length) ?? 'SIGTERM')
    return done
  },
  enable: async (service, flags) => {
    const reply = tell(enable(service.unit))
    if (flags.includes('--now')) await start(service, flags)
    return reply
  },
  disable: async (service, flags) => {
    if (flags.includes('--now')) await service.stop()
    return tell(disable(service.unit))
  },
  'reset-failed': async (service) => {
    service.reset()
    return done
  },
  mask: async () => done,
  unmask: async () => done,
  'is-active': async ({ state }) => ({ status: state === 'active' ? 0 : NOT_ACTIVE, text: `${state}\n` }),
  'is-failed': async ({ state }) => ({ status: state === 'failed' ? 0 : FAILED, text: `${state}\n` }),
  'is-enabled': async ({ unit }) =>
    isEnabled(unit) ? { status: 0, text: 'enabled\n' } : { status: FAILED, text: 'disabled\n' },
  status: async (service) => statusOf(service),
  show: async (service) => ({ status: 0, text: propertiesOf(service) }),
  cat: async ({ unit }) => ({ status: 0, text: `# ${unit.path}\n${sourceOf(unit)}` }),
}

function statusOf({ unit, state, mainPid, lastEnd }: Service): Reply {
  const lines = [
    `* ${unit.name}`,
    `     Loaded: loaded (${unit.path}; ${isEnabled(unit) ? 'enabled' : 'disabled'})`,
    `     Active: ${state}${lastEnd === '' ? '' : ` (last end: ${lastEnd})`}`,
    ...(mainPid > 0 ? [`   Main PID: ${mainPid}`] : []),
  ]
  return { status: state === 'active' ? 0 : NOT_ACTIVE, text: `${lines.join('\n')}\n` }
}

function propertiesOf({ unit, state, mainPid }: Service): string {
  return `Id=${unit.name}\nLoadState=loaded\nActiveState=${state}\nMainPID=${mainPid}\nFragmentPath=${unit.path}\n`
}

function sourceOf({ sections }: UnitFile): string {
  return [...sections]
    .map(([name, values]) => {
      const lines = [...values].flatMap(([key, all]) => all.map((value) => `${key}=${value}`))
      return `[${name}]\n${lines.join('\n')}\n`
    })
    .join('\n')
}
