import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { Egress } from '../egress-port.ts'
import { Call } from './call.ts'
import { createPolicy, type Resolve } from './egress-policy.ts'
import { InFlight } from './in-flight.ts'
import { prepareRequest } from './outgoing-request.ts'

export interface EgressOptions {
  /** CIDRs, addresses and `host:port` that calls may reach although they are not public. */
  allow: readonly string[]
  /** Addresses refused although they are public. Default: those of this machine's interfaces. */
  own?: readonly string[]
  /** Default: the system's resolver. */
  resolve?: Resolve
  /** Bytes of an answer's body, decompressed. Default 16 MiB. */
  maxResponseBytes?: number
  /** From the call to the last byte, redirects included. Default 20,000. */
  timeoutMs?: number
  /** Calls at once, of all requests. Default 128. */
  maxCalls?: number
  /** Bytes of all answers being received at once. Default 256 MiB. */
  maxHeldBytes?: number
}

/**
 * Outbound HTTP under the egress policy. A name is resolved once for each hop; the connection goes to an address that was
 * checked, so an answer that changes between check and connection changes nothing. Each redirect is checked like a call of
 * its own. Failures carry `bytesOut` and `bytesIn` in `details`: they were spent too.
 * Errors: INVALID_ARGUMENT also here, for an entry of `allow` that cannot be read.
 */
export function createEgress(options: EgressOptions): Egress {
  const policy = createPolicy({
    allow: options.allow,
    own: options.own ?? interfaceAddresses(),
    resolve: options.resolve ?? resolveBySystem,
  })
  const limits = {
    maxResponseBytes: options.maxResponseBytes ?? 16 * 1024 * 1024,
    timeoutMs: options.timeoutMs ?? 20_000,
  }
  const inFlight = new InFlight(options.maxCalls ?? 128, options.maxHeldBytes ?? 256 * 1024 * 1024)
  return {
    async request(outgoing) {
      const prepared = prepareRequest(outgoing)
      const held = inFlight.enter()
      try {
        return await new Call(policy, limits, held, outgoing).run(prepared)
      } finally {
        held.leave()
      }
    },
  }
}

const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address)

const interfaceAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
