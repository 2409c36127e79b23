import { createHash } from 'node:crypto'
import { Agent, type ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { Client, type ConnectConfig } from 'ssh2'

/** What the docker program offers for this. */
const COMMAND = 'docker system dial-stdio'
const READY_TIMEOUT_MS = 15_000

export interface SshTarget {
  host: string
  port: number
  user: string
  /** As `ssh-keygen -lf` prints it. */
  hostKey: string
  privateKey: Buffer | null
  /** Socket of an SSH agent, for when there is no private key here. */
  agentSocket: string | undefined
}

/**
 * Each connection is an SSH session that is joined to the engine's socket on the other side. docker-modem has the like, but makes of
 * the host an address that Node no longer takes, and looks at no host key.
 */
export class SshAgent extends Agent {
  readonly #target: SshTarget
  readonly #open = new Set<Client>()

  constructor(target: SshTarget) {
    super({ keepAlive: false })
    this.#target = target
  }

  override createConnection(
    _options: ClientRequestArgs,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const client = new Client()
    this.#open.add(client)
    const fail = (error: Error) => done?.(error, undefined as never)
    client.on('error', fail)
    client.once('close', () => this.#open.delete(client))
    client.once('ready', () => {
      client.exec(COMMAND, (error, stream) => {
        if (error) {
          client.end()
          return fail(error)
        }
        stream.once('close', () => client.end())
        done?.(null, stream)
      })
    })
    client.connect(this.#settings())
  }

  #settings(): ConnectConfig {
    const { host, port, user, hostKey, privateKey, agentSocket } = this.#target
    return {
      ...{ host, port, username: user, readyTimeout: READY_TIMEOUT_MS },
      ...(privateKey ? { privateKey } : { agent: agentSocket }),
      hostVerifier: (key: Buffer) => fingerprintOf(key) === hostKey,
    }
  }

  override destroy(): void {
    for (const client of this.#open) client.end()
    super.destroy()
  }
}

const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
