import { fileURLToPath } from 'node:url'
import type { PoolOptions, PoolSettings } from '@openzimki/control'
import { PlatformError } from '@openzimki/core'
import { type AdapterSettings, loadProvider, type MachineProvider, type Offering } from '@openzimki/provider'

/** What every adapter here is given alike. */
export type SharedSettings = Pick<AdapterSettings, 'owner' | 'agent' | 'sockets'>

/**
 * The pools with their providers, which pools of one adapter and configuration share. `stateDir`: of the first pool that uses a provider.
 * Each provider is closed by one of `closers`. INVALID_ARGUMENT: a size that its provider does not offer.
 */
export async function openPools(
  settings: readonly PoolSettings[],
  shared: SharedSettings,
  stateDirOf: (pool: string) => string,
  closers: (() => Promise<void>)[],
): Promise<PoolOptions[]> {
  const from = [process.cwd(), fileURLToPath(new URL('.', import.meta.url))]
  const opened = new Map<string, MachineProvider>()
  const pools: PoolOptions[] = []
  for (const pool of settings) {
    const key = JSON.stringify([pool.provider, pool.config])
    const { config } = pool
    let provider = opened.get(key)
    if (!provider) {
      const own = await loadProvider(
        pool.provider,
        { ...shared, config, stateDir: stateDirOf(pool.name) },
        from,
      )
      closers.push(() => own.close())
      opened.set(key, own)
      provider = own
    }
    pools.push(await poolOf(pool, provider))
  }
  return pools
}

/** INVALID_ARGUMENT, here and not when the first one fails. */
function requirePreparing(pool: string, { name, manifest }: MachineProvider, offering: Offering): void {
  const isSize = manifest.preparesMachines === true
  if (isSize && offering.prepares !== false) return
  const which = isSize ? `machines of size ${offering.size} (provider ${name})` : `provider ${name}`
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `Pool ${pool} is to keep machines prepared, which ${which} cannot do: take "prepared" out of it, or use "spares", which run`,
  )
}

async function poolOf(pool: PoolSettings, provider: MachineProvider): Promise<PoolOptions> {
  const { name, group, floor, ceiling, spares, prepared, priceCeiling, joinSeconds } = pool
  const offerings = await provider.offerings()
  const fitting = offerings.filter((one) => pool.size === undefined || one.size === pool.size)
  const offering = fitting.find((one) => pool.zone === null || one.zone === pool.zone)
  if (!offering) {
    const offered = offerings.map((one) => `${one.size} in ${one.zone}`).join(', ') || 'nothing'
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `Pool ${name} asks for a size or zone that its provider does not have; it offers ${offered}`,
    )
  }
  if (prepared > 0) requirePreparing(name, provider, offering)
  return {
    ...{ name, group, provider, size: offering.size, zone: pool.zone, floor, ceiling, spares, prepared },
    priceCeiling,
    ...(joinSeconds === undefined ? {} : { joinMs: joinSeconds * 1000 }),
  }
}
