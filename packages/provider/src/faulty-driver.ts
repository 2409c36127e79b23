import type { MachineDriver } from './machine-driver.ts'

export interface Fault {
  /** `before`: nothing happens. `after`: it happens, and the answer is lost. */
  when: 'before' | 'after'
  error: Error
}

/** The fault of the n-th call (from 1) of a method, or null. */
export type FaultPlan = (method: string, call: number) => Fault | null

/** A driver whose calls fail as planned, for tests of those who must bear it. */
export function faultyDriver(driver: MachineDriver, plan: FaultPlan): MachineDriver {
  let calls = 0
  const faulty =
    <Args extends unknown[], Result>(method: string, work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      calls += 1
      const fault = plan(method, calls)
      if (fault?.when === 'before') throw fault.error
      const result = await work(...args)
      if (fault) throw fault.error
      return result
    }
  return {
    name: driver.name,
    owner: driver.owner,
    manifest: driver.manifest,
    offerings: faulty('offerings', driver.offerings.bind(driver)),
    launch: faulty('launch', driver.launch.bind(driver)),
    inspect: faulty('inspect', driver.inspect.bind(driver)),
    list: faulty('list', driver.list.bind(driver)),
    stop: faulty('stop', driver.stop.bind(driver)),
    destroy: faulty('destroy', driver.destroy.bind(driver)),
    logs: faulty('logs', driver.logs.bind(driver)),
    ...(driver.start ? { start: faulty('start', driver.start.bind(driver)) } : {}),
    ...(driver.watch ? { watch: driver.watch.bind(driver) } : {}),
    check: faulty('check', driver.check.bind(driver)),
    close: driver.close.bind(driver),
    mapError: driver.mapError.bind(driver),
  }
}
