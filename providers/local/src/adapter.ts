import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlatformError } from '@openzimki/core'
import type { AdapterTestBed, ProviderAdapter } from '@openzimki/provider'
import { checkConfig } from './config.ts'
import { LocalDriver } from './driver.ts'

/** A process is seen as started or ended in milliseconds; this bears a host that is very busy. */
const SETTLE_MS = 10_000

/** Machines as processes of this host, as the platform loads them by name. An operator may set `maxMachines`. */
export const adapter: ProviderAdapter = {
  name: 'local',
  contractVersions: [1],
  open({ owner, stateDir, agent, config }) {
    const { command, hardening } = agent
    return new LocalDriver(
      checkConfig({ owner, stateDir, command, hardening, maxMachines: maxMachinesOf(config) }),
    )
  },
  testBed,
}

function maxMachinesOf(config: unknown): number | undefined {
  if (typeof config !== 'object' || config === null) throw invalid('its configuration must be a JSON object')
  const unknown = Object.keys(config).filter((name) => name !== 'maxMachines')
  if (unknown.length > 0) throw invalid(`there is no setting ${unknown.join(', ')}, only maxMachines`)
  const { maxMachines } = config as { maxMachines?: unknown }
  if (maxMachines === undefined || typeof maxMachines === 'number') return maxMachines
  throw invalid('maxMachines must be a number')
}

async function testBed(): Promise<AdapterTestBed> {
  const stateDir = await mkdtemp(join(tmpdir(), 'zimki-provider-local-'))
  return {
    settings: { stateDir },
    env: {},
    crash: async ({ native }) => void process.kill(Number(native.slice('pid '.length)), 'SIGKILL'),
    leftovers: async () => {
      const owners = await readdir(stateDir)
      return (await Promise.all(owners.map((owner) => readdir(join(stateDir, owner))))).flat()
    },
    settleMs: SETTLE_MS,
    sharedFile: fileURLToPath(import.meta.url),
    reportsFacts: true,
    close: () => rm(stateDir, { recursive: true, force: true }),
  }
}

const invalid = (message: string) => new PlatformError('INVALID_ARGUMENT', `local provider: ${message}`)
