import type { FleetAction, FleetMachine, FleetPool } from '@openzimki/api'
import { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { apiCommand, type BaseOptions, print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { table } from '../table.ts'
import { timeText } from '../time-text.ts'

export function fleetCommand(io: CliIo): Command {
  return new Command('fleet')
    .description('machines that realms run on, and what is planned for them (operators)')
    .addCommand(machines(io), { isDefault: true })
    .addCommand(pools(io))
    .addCommand(plan(io))
    .addCommand(drain(io))
}

function machines(io: CliIo): Command {
  return apiCommand('machines', 'list machines with their cells, load and price').action(
    withClient<BaseOptions, []>(io, async (client, options) => {
      const items = await allPages((query) => client.fleet.machines({ query }))
      print(io, options, { items }, () => (items.length === 0 ? 'There is no machine.' : machineTable(items)))
    }),
  )
}

function pools(io: CliIo): Command {
  return apiCommand('pools', 'show the pools of machines in order of preference').action(
    withClient<BaseOptions, []>(io, async (client, options) => {
      const found = await client.fleet.pools()
      print(io, options, found, () => poolTable(found.pools))
    }),
  )
}

function plan(io: CliIo): Command {
  return apiCommand('plan', 'print what would be done with the fleet now, and why; nothing is done').action(
    withClient<BaseOptions, []>(io, async (client, options) => {
      const planned = await client.fleet.plan()
      print(io, options, planned, () => {
        const problems = planned.problems.map(({ why }) => `Cannot be done: ${why}`)
        const actions =
          planned.actions.length === 0 ? ['Nothing is to be done.'] : planned.actions.map(sentence)
        return [...actions, ...problems].join('\n')
      })
    }),
  )
}

interface DrainOptions extends BaseOptions {
  reason?: string
}

function drain(io: CliIo): Command {
  return apiCommand('drain <machine>', 'empty a machine and let it go; its realms move first')
    .option('--reason <text>', 'why, for the audit')
    .action(
      withClient<DrainOptions, [string]>(io, async (client, options, machine) => {
        const body = options.reason === undefined ? {} : { reason: options.reason }
        await client.fleet.drain({ params: { machine }, body })
        const text = `${machine} gets nothing new; it goes when its realms have moved. Watch it: zimki fleet`
        print(io, options, { draining: machine }, () => text)
      }),
    )
}

function machineTable(items: FleetMachine[]): string {
  return table(
    ['MACHINE', 'POOL', 'STATE', 'CELLS', 'REALMS', 'REQUESTS', 'WAIT', 'CPU', 'MEMORY', 'AN HOUR', 'SINCE'],
    items.map((one) => [
      one.id,
      one.pool,
      one.reason === null ? one.state : `${one.state}: ${one.reason}`,
      one.cells,
      one.realms,
      one.requests,
      `${one.waitMs} ms`,
      `${one.usedCpus.toFixed(1)} of ${one.cpus}`,
      `${mebibytes(one.usedBytes)} of ${mebibytes(one.memoryBytes)} MiB`,
      priceText(one.price),
      timeText(one.createdAtMs),
    ]),
  )
}

function poolTable(items: FleetPool[]): string {
  return table(
    [
      ...['POOL', 'PROVIDER', 'ISOLATION', 'SIZE', 'READY', 'FLOOR', 'CEILING', 'SPARES', 'PREPARED'],
      ...['AN HOUR', 'STATE'],
    ],
    items.map((one) => [
      ...[one.name, one.provider, one.isolation, one.size, one.ready, one.floor, one.ceiling, one.spares],
      one.prepared === 0 && one.kept === 0 ? '0' : `${one.kept} of ${one.prepared}`,
      priceText(one.price),
      one.backoff ?? stateText(one.machines - one.kept - one.ready),
    ]),
  )
}

const stateText = (moving: number): string => (moving > 0 ? `${moving} more come or go` : 'as it should be')

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20)

const priceText = (price: FleetMachine['price']): string | null =>
  price && `${price.amount} ${price.currency}`

/** `launch a machine in pool own: pool own keeps at least 1 machine and has 0` */
function sentence({ action, pool, machine, realm, prepared, why }: FleetAction): string {
  const what = {
    launch: `${prepared ? 'prepare' : 'launch'} a machine in pool ${pool}`,
    start: `start machine ${machine}, which is prepared`,
    drain: `drain machine ${machine}`,
    destroy: `destroy machine ${machine}`,
    load: `load realm ${realm} on machine ${machine}`,
    unload: `unload realm ${realm} from machine ${machine}`,
  }
  return `${what[action]}: ${why}`
}
