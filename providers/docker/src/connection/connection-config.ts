import { isAbsolute } from 'node:path'
import { z } from 'zod'

const path = z.string().refine(isAbsolute, 'must be an absolute path')
const host = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$|^[0-9a-fA-F:.]{2,45}$/, 'must be a host name or address')
const port = z.number().int().min(1).max(65_535)

/** How an engine is reached. There is no plain TCP: whoever may speak to an engine is root on its host. */
export const connectionSchema = z.union([
  z.strictObject({ socket: path }),
  z.strictObject({
    host,
    port: port.default(2376),
    /** Files in PEM: who signs the engine's certificate, and our certificate and key. */
    tls: z.strictObject({ caFile: path, certFile: path, keyFile: path }),
  }),
  z.strictObject({
    host,
    port: port.default(22),
    ssh: z.strictObject({
      user: z.string().min(1),
      /** Private key without a passphrase. Left out: the SSH agent of SSH_AUTH_SOCK. */
      keyFile: path.optional(),
      /** As `ssh-keygen -lf` prints it, `SHA256:...`. No other host is talked to. */
      hostKey: z
        .string()
        .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be SHA256:..., as ssh-keygen -lf prints it'),
    }),
  }),
])

export type Connection = z.output<typeof connectionSchema>

/** For people. */
export function describeConnection(connection: Connection): string {
  if ('socket' in connection) return connection.socket
  return `${'ssh' in connection ? 'ssh' : 'tls'}://${connection.host}:${connection.port}`
}
