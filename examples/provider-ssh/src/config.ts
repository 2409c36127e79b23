import { isAbsolute } from 'node:path'
import { PlatformError } from '@openzimki/provider'
import { z } from 'zod'

/** No spaces: they are fields of a machine's record. Short: the kit makes ids of them. */
const word = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/, 'must be 1 to 15 of a-z, 0-9 and -')
const noNul = z
  .string()
  .min(1)
  .regex(/^[^\0]*$/, 'must not hold a NUL character')

const hostSchema = z.strictObject({
  host: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$|^[0-9a-fA-F:.]{2,45}$/,
      'must be a name or an address, without user and port',
    ),
  port: z.int().min(1).max(65_535).default(22),
  user: noNul,
  /** Private key without a passphrase, on the platform's computer. */
  keyFile: z.string().refine(isAbsolute, 'must be an absolute path'),
  /** As `ssh-keygen -lf` prints it for the host's Ed25519 key. */
  hostKey: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be SHA256:..., as ssh-keygen -lf prints it'),
  zone: word,
  size: word.default('host'),
  maxMachines: z.int().min(1).max(1_000).default(8),
  /** On the host; from the user's home if it is not absolute. */
  folder: noNul.refine((path) => !path.startsWith('-'), 'must not begin with -').default('.zimki-machines'),
  /** What starts an agent there. Left out: what starts one here, for hosts that have the same files. */
  agentCommand: z.tuple([z.string().refine(isAbsolute, 'must be an absolute path')], noNul).optional(),
})

const configSchema = z.strictObject({
  hosts: z
    .array(hostSchema)
    .min(1)
    .refine((hosts) => new Set(hosts.map(nameOf)).size === hosts.length, 'has a host twice'),
})

export type HostConfig = z.output<typeof hostSchema>
export type Config = z.output<typeof configSchema>

/** For people, and to tell hosts apart. */
export function nameOf({ user, host, port, folder }: HostConfig): string {
  return `${user}@${host}:${port}/${folder}`
}

/** INVALID_ARGUMENT naming the setting that is wrong. */
export function checkConfig(given: unknown): Config {
  const parsed = configSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const why = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' ')
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `ssh provider: ${why}; README.md of this adapter has an example`,
  )
}
