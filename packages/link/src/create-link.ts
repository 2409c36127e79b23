import type { Duplex } from 'node:stream'
import { PlatformError } from '@openzimki/core'
import { LINK_DEFAULTS, type Link, type LinkOptions } from './contract.ts'
import { MuxLink } from './mux-link.ts'
import { INITIAL_WINDOW_BYTES } from './wire.ts'

/**
 * A link over a connected socket; the one who connected is the client. Set `onStream` and `onClose` in the same turn.
 * INVALID_ARGUMENT for options that cannot work.
 */
export function createLink(
  socket: Duplex,
  role: 'client' | 'server',
  options: Partial<LinkOptions> = {},
): Link {
  return new MuxLink(socket, role, linkOptions(options))
}

/** Defaults filled in, and checked. */
export function linkOptions(options: Partial<LinkOptions>): LinkOptions {
  const all: LinkOptions = { ...LINK_DEFAULTS }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || !Object.hasOwn(all, name)) continue
    all[name as keyof LinkOptions] = value
  }
  const least: LinkOptions = {
    windowBytes: INITIAL_WINDOW_BYTES,
    headBytes: 256,
    maxStreams: 1,
    idleMs: 0,
    churnResets: 1,
  }
  for (const name of Object.keys(least) as (keyof LinkOptions)[]) {
    const value = all[name]
    if (Number.isSafeInteger(value) && value >= least[name] && value < 2 ** 31) continue
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${name} of a link is at least ${least[name]} and whole, not ${value}`,
    )
  }
  return all
}
