import type { Control, PoolOptions } from '@openzimki/control'
import { PlatformError } from '@openzimki/core'
import { type Address, formatAddress, parseAddress } from '@openzimki/link'
import type { UpOptions } from './up-options.ts'

/** Whether machines of a pool meet the platform at sockets of this host; others dial in from wherever they are. */
export const isNear = ({ provider }: PoolOptions): boolean => provider.manifest.sharesSockets === true

/** INVALID_ARGUMENT: machines of a pool must dial the platform, and nobody said where. */
export function requireDoor(pools: readonly PoolOptions[], { agentsAddress }: UpOptions): void {
  const far = pools.find((pool) => !isNear(pool))
  if (!far || agentsAddress !== undefined) return
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `Machines of pool ${far.name} (${far.provider.name}) do not share this host's sockets: they dial the platform. Say under ` +
      'which name and port they reach it, with --agents-address <host:port>. See docs/how-to/machines-elsewhere.md',
  )
}

/**
 * Opens the door at which agents on other hosts dial in, where there is to be one, and gives the address that they are told; null: there is
 * none. INVALID_ARGUMENT, ALREADY_EXISTS, UNAVAILABLE.
 */
export async function openAgentsDoor(
  control: Pick<Control, 'listenAgents'>,
  { agentsAddress, agentsListen }: UpOptions,
): Promise<string | null> {
  if (agentsAddress === undefined) {
    if (agentsListen === undefined) return null
    throw new PlatformError(
      'INVALID_ARGUMENT',
      '--agents-listen needs --agents-address, which machines are told',
    )
  }
  const told = hostAndPort('--agents-address', agentsAddress)
  const listen = agentsListen === undefined ? told : hostAndPort('--agents-listen', agentsListen)
  const listener = await control.listenAgents(formatAddress(listen)).catch((thrown: unknown) => {
    const error = PlatformError.from(thrown)
    if (agentsListen !== undefined || error.code !== 'UNAVAILABLE') throw error
    const text = `${error.message}. Where the name that machines are told is not one of this host's own, say with --agents-listen <host:port> what is`
    throw new PlatformError(error.code, text, { cause: error })
  })
  const { port } = netAddress(listener.address)
  return formatAddress({ ...told, port: told.port === 0 ? port : told.port })
}

type NetAddress = Exclude<Address, { kind: 'unix' }>

function hostAndPort(flag: string, text: string): NetAddress {
  try {
    return netAddress(`tls:${text}`)
  } catch {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${flag}: write <host>:<port>, an IPv6 host in brackets, and not "${text}"`,
    )
  }
}

function netAddress(text: string): NetAddress {
  const address = parseAddress(text)
  if (address.kind !== 'unix') return address
  throw new PlatformError('INVALID_ARGUMENT', `"${text}" is no address on a network`)
}
