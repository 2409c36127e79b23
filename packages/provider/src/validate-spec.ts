import { PlatformError } from '@openzimki/core'
import type { MachineSpec } from './contract.ts'

/** 40 characters, so that an adapter can put a prefix before it within the 63 of a DNS label. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/** Whether it could be an id or owner. */
export const isName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name)

/** Ids and owners: DNS labels of at most 40 characters. INVALID_ARGUMENT. */
export function validateName(what: string, name: string): void {
  if (isName(name)) return
  throw invalid(
    `${what} ${JSON.stringify(name)} cannot be used: it must be 1 to 40 lower-case letters, digits or hyphens, ` +
      'and neither start nor end with a hyphen',
  )
}

/** INVALID_ARGUMENT naming the property. Values of the environment never get into the message. */
export function validateSpec(spec: MachineSpec, maxEnvBytes: number): void {
  validateName('machine id', spec.id)
  if (typeof spec.size !== 'string' || spec.size === '')
    throw invalid('size is missing: name one of the offerings')
  if (spec.zone !== null && (typeof spec.zone !== 'string' || spec.zone === '')) {
    throw invalid('zone must be the zone of an offering, or null to leave the choice to the provider')
  }
  if (spec.prepared !== undefined && typeof spec.prepared !== 'boolean')
    throw invalid('prepared must be true or false')
  validateEnv(spec.env, maxEnvBytes)
}

function validateEnv(env: MachineSpec['env'], maxEnvBytes: number): void {
  let bytes = 0
  for (const [name, value] of Object.entries(env)) {
    if (!ENV_NAME.test(name)) throw invalid(`env has a name that is no identifier: ${JSON.stringify(name)}`)
    if (typeof value !== 'string') throw invalid(`env.${name} must be a string`)
    if (value.includes('\0')) throw invalid(`env.${name} has a NUL character, which no environment can carry`)
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 2
  }
  if (bytes > maxEnvBytes) {
    throw invalid(
      `env has ${bytes} bytes, and this provider takes ${maxEnvBytes}: pass less, or the path of a file`,
    )
  }
}

function invalid(message: string): PlatformError {
  return new PlatformError('INVALID_ARGUMENT', message)
}
