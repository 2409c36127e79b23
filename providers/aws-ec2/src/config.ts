import { PlatformError } from '@openzimki/core'
import { z } from 'zod'

const name = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/, 'must be a short lower-case name')
const instanceType = z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'must be an instance type (m7g.large)')
const port = z.number().int().min(0).max(65_535)
const awsId = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,32}$`), `must be an id (${prefix}-...)`)

/** The newest Amazon Linux 2023 for the processors of this installation, whose Node and addons the bundle has. */
const AMAZON_LINUX = `resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${process.arch === 'arm64' ? 'arm64' : 'x86_64'}`

const sizeSchema = z.strictObject({
  /** Alternatives, the preferred first. A machine has at least what the smallest of them has. */
  types: z
    .array(instanceType)
    .min(1)
    .max(20)
    .refine((types) => new Set(types).size === types.length, 'names a type twice'),
  market: z.enum(['on-demand', 'spot']).default('on-demand'),
  /** Highest price of an hour for `spot`, in USD; no higher than on-demand is paid in any case. */
  maxPrice: z.number().positive().optional(),
})

/** What agents need to reach: control, the store, and what realms call. Nothing comes in. */
const egressSchema = z.strictObject({
  protocol: z.enum(['tcp', 'udp']).default('tcp'),
  fromPort: port,
  toPort: port,
  cidr: z.union([z.cidrv4(), z.cidrv6()]).default('0.0.0.0/0'),
})

const bundleSchema = z.strictObject({
  /**
   * `s3://bucket/key` of AWS, read with the rights of the instance profile; or an address of any other store, signed or open: it is the
   * digest that is believed. Signed ones are secrets, so not over plain HTTP.
   */
  url: z
    .string()
    .regex(
      /^(?:s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[\w./-]+|https?:\/\/[\w.:/~-]+|https:\/\/[\w.:/~-]+\?[\w.~%&=+-]+)$/,
      'must be s3:// or https://, and with a query only https://',
    ),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the bundle in hex'),
})

export const configSchema = z.strictObject({
  /** The platform whose machines these are. Its shape is checked by the portable layer. */
  owner: z.string(),
  region: z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'must be a region (eu-central-1)'),
  /** Of something that speaks EC2's protocol and is not AWS. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** Default: as every AWS tool finds them (environment, profile, the platform's own instance). */
  credentials: z
    .strictObject({
      accessKeyId: z.string().min(1),
      secretAccessKey: z.string().min(1),
      sessionToken: z.string().min(1).optional(),
    })
    .optional(),
  /** Of one call, the first included. */
  maxAttempts: z.number().int().min(1).max(20).default(6),
  sizes: z.record(name, sizeSchema).refine((sizes) => Object.keys(sizes).length > 0, 'needs a size'),
  /** One for each zone. Default: the default subnets of the default VPC. */
  subnets: z.array(awsId('subnet')).min(1).optional(),
  /** Default: one of our own, with nothing coming in. */
  securityGroups: z.array(awsId('sg')).min(1).max(5).optional(),
  egress: z
    .array(egressSchema)
    .min(1)
    .max(50)
    .default([{ protocol: 'tcp', fromPort: 0, toPort: 65_535, cidr: '0.0.0.0/0' }]),
  /** An AMI, or `resolve:ssm:` and a parameter that names one. */
  image: z
    .string()
    .regex(/^(?:ami-[0-9a-f]{8,32}|resolve:ssm:[\w./:-]+)$/, 'must be an AMI or resolve:ssm:/path')
    .default(AMAZON_LINUX),
  bundle: bundleSchema.optional(),
  /** In place of the agent of the bundle, or of an image that has one. Its first is an absolute path. */
  command: z.array(z.string().max(8_192)).min(1).max(64).optional(),
  /** Name of the instance profile; it needs to read the bundle, and nothing else. Default: none. */
  instanceProfile: z
    .string()
    .regex(/^[\w+=,.@-]{1,128}$/)
    .optional(),
  /** Machines in a subnet without NAT need one to reach control. */
  publicAddress: z.boolean().default(false),
  volume: z
    .strictObject({
      gib: z.number().int().min(2).max(16_384).default(16),
      /** Default: AWS's own key for EBS. */
      kmsKeyId: z.string().min(1).max(2_048).optional(),
      device: z
        .string()
        .regex(/^\/dev\/[a-z0-9]+$/)
        .default('/dev/xvda'),
    })
    .prefault({}),
  maxMachines: z.number().int().min(1).max(100_000).default(64),
  /** Console output can be read (right ec2:GetConsoleOutput). */
  console: z.boolean().default(true),
  /** More tags for all that is made: a cost centre. */
  tags: z
    .record(z.string().min(1).max(127), z.string().max(255))
    .refine(
      (tags) => !Object.keys(tags).some((key) => /^(?:aws|openzimki):|^Name$/.test(key)),
      'has a reserved key',
    )
    .default({}),
  /** JSON file of prices in place of ours (docs/how-to/aws.md tells its form). */
  priceFile: z.string().min(1).optional(),
  /** What is known of instances may be this old. */
  refreshMs: z.number().int().min(0).max(600_000).default(15_000),
  /** Where machines find the metadata service. */
  metadataEndpoint: z.url({ protocol: /^http$/ }).default('http://169.254.169.254'),
})

export type Ec2Config = z.input<typeof configSchema>
export type CheckedEc2Config = z.output<typeof configSchema>
export type Ec2Size = z.output<typeof sizeSchema>
export type EgressRule = z.output<typeof egressSchema>

/** All settings, defaults filled in. INVALID_ARGUMENT naming the setting; values, which may be secrets, are not in the message. */
export function checkConfig(config: unknown, owner?: string): CheckedEc2Config {
  const given = owner === undefined ? config : { ...(config as object), owner }
  const parsed = configSchema.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(`${issue?.path.join('.') || 'the configuration'}: ${issue?.message ?? 'malformed'}`)
  }
  requireSense(parsed.data)
  return parsed.data
}

function requireSense({ sizes, egress, bundle, command, instanceProfile }: CheckedEc2Config): void {
  for (const [size, { market, maxPrice }] of Object.entries(sizes)) {
    if (maxPrice !== undefined && market !== 'spot')
      throw invalid(`sizes.${size}.maxPrice: only spot has a price that may be too high`)
  }
  for (const [index, { fromPort, toPort }] of egress.entries()) {
    if (fromPort > toPort) throw invalid(`egress.${index}: fromPort is above toPort`)
  }
  if (!bundle && !command)
    throw invalid(
      'bundle: machines need an agent; `zimki provider run aws-ec2 bundle` makes and uploads it, and prints this setting',
    )
  if (bundle?.url.startsWith('s3:') && instanceProfile === undefined)
    throw invalid('instanceProfile: machines need one to read the bundle from S3')
  if (command && !command[0]?.startsWith('/')) throw invalid('command: its first must be an absolute path')
}

const invalid = (message: string) => new PlatformError('INVALID_ARGUMENT', `aws-ec2 provider: ${message}`)
