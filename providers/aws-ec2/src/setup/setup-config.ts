import { PlatformError } from '@openzimki/core'
import { z } from 'zod'
import { type CheckedEc2Config, configSchema } from '../config.ts'

/** Small machines with the processors of this installation, whose Node the bundle has. Both are in the price file. */
const SIZES: CheckedEc2Config['sizes'] = {
  small: {
    types: process.arch === 'arm64' ? ['t4g.small', 't4g.medium'] : ['t3a.small', 't3.small'],
    market: 'on-demand',
  },
}

/** As machines' own settings, none of which but the region must be there yet; what `init` wrote is good for `destroy`. */
const setupSchema = configSchema.partial().required({ region: true })

/** Names of AWS are made of it, and a tag; shorter than a tag may be, so that people can read it. */
const ownerSchema = z.string().regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/)

export interface SetupConfig
  extends Pick<
    CheckedEc2Config,
    'owner' | 'region' | 'sizes' | 'egress' | 'tags' | 'volume' | 'maxAttempts' | 'endpoint' | 'credentials'
  > {
  priceFile: string | undefined
}

/** INVALID_ARGUMENT naming the setting, without its value. */
export function checkSetup(config: unknown, owner: string, region: string | undefined): SetupConfig {
  if (!ownerSchema.safeParse(owner).success)
    throw invalid('--owner: must be 2 to 40 lower-case letters, digits and hyphens, a letter first')
  const given = { ...(config as object), ...(region === undefined ? {} : { region }) }
  const parsed = setupSchema.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const path = issue?.path.join('.') || 'the configuration'
    const todo = path === 'region' ? '; give it with --region, or in the file of --config' : ''
    throw invalid(`${path}: ${issue?.message ?? 'malformed'}${todo}`)
  }
  const { sizes = SIZES, tags = {}, egress = ALL_TCP, maxAttempts = 6, ...others } = parsed.data
  const { endpoint, credentials, priceFile, volume = configSchema.shape.volume.parse(undefined) } = others
  return {
    ...{ owner, region: others.region, sizes, tags, egress, maxAttempts, volume, priceFile },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  }
}

const ALL_TCP = configSchema.shape.egress.parse(undefined)

const invalid = (what: string) => new PlatformError('INVALID_ARGUMENT', `aws setup: ${what}`)
