import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { PlatformError } from '@openzimki/provider'
import ssh, { type Client, type ClientChannel } from 'ssh2'
import { type HostConfig, nameOf } from './config.ts'

/** Whatever the user's own shell is, this line means the same in it; the program comes on standard input. */
const SHELL = 'exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/sh'
/** sshd allows ten sessions on a connection unless told otherwise (MaxSessions), and counts those that it is still closing. */
const MOST_SESSIONS = 4
const CONNECT_MS = 10_000
/** No single program takes longer on a host that answers. */
const PROGRAM_MS = 20_000
const KEEPALIVE_MS = 5_000
const MAX_OUTPUT_BYTES = 16 * 2 ** 20
const MAX_COMPLAINT_CHARS = 500

/** A program on a host ended with a status other than 0. */
export class HostError extends Error {
  readonly status: number | null

  constructor(host: string, status: number | null, complaint: string) {
    super(`${host}: ${complaint || `the program ended with status ${status}`}`)
    this.status = status
  }
}

/** One host behind one connection, made when it is first needed and again after a cut. */
export class SshHost {
  readonly name: string
  readonly #config: HostConfig
  #connection: Promise<Client> | null = null
  #free = MOST_SESSIONS
  readonly #waiting: (() => void)[] = []
  #closed = false

  constructor(config: HostConfig) {
    this.#config = config
    this.name = nameOf(config)
  }

  /**
   * What a shell program prints there. `signal` keeps it from being begun; once sent it is waited for, at most 20 seconds, because what
   * runs at a host does not stop when nobody listens. HostError when it fails, TIMEOUT when its outcome is not known.
   */
  async run(program: string, signal: AbortSignal): Promise<Buffer> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      signal.throwIfAborted()
      const client = await this.#connected()
      signal.throwIfAborted()
      return await this.#execute(client, program)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const client = await this.#connection?.catch(() => null)
    client?.destroy()
  }

  #connected(): Promise<Client> {
    if (this.#closed) throw new PlatformError('CANCELLED', 'ssh provider: it is closed')
    this.#connection ??= this.#connect()
    return this.#connection
  }

  async #connect(): Promise<Client> {
    const client = new ssh.Client()
    const forget = () => {
      this.#connection = null
    }
    try {
      const { host, port, user: username, keyFile, hostKey } = this.#config
      const privateKey = await readFile(keyFile)
      await new Promise<void>((resolve, reject) => {
        client
          .once('ready', resolve)
          .on('error', reject)
          .once('close', () => reject(this.#cut()))
        client.connect({
          ...{ host, port, username, privateKey },
          hostVerifier: (key: Buffer) => pinOf(key) === hostKey,
          readyTimeout: CONNECT_MS,
          keepaliveInterval: KEEPALIVE_MS,
        })
      })
    } catch (thrown) {
      forget()
      client.destroy()
      throw thrown
    }
    client.once('close', forget).setMaxListeners(0)
    client.setNoDelay(true)
    return client
  }

  async #execute(client: Client, program: string): Promise<Buffer> {
    const done = Promise.withResolvers<Buffer>()
    const cut = () => done.reject(this.#cut())
    const timer = setTimeout(() => {
      // What does not answer is not used again.
      client.destroy()
      cut()
    }, PROGRAM_MS)
    client.once('close', cut)
    try {
      client.exec(SHELL, (error, channel) => {
        if (error) return done.reject(error)
        this.#collect(channel).then(done.resolve, done.reject)
        channel.end(program)
      })
      return await done.promise
    } finally {
      clearTimeout(timer)
      client.off('close', cut)
    }
  }

  #collect(channel: ClientChannel): Promise<Buffer> {
    const chunks: Buffer[] = []
    let [bytes, complaint] = [0, '']
    let status: number | null | undefined
    return new Promise((resolve, reject) => {
      channel.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= MAX_OUTPUT_BYTES) chunks.push(chunk)
      })
      channel.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint = (complaint + text).slice(-MAX_COMPLAINT_CHARS)
      })
      channel.on('error', reject)
      channel.on('exit', (code: number | null) => {
        status = code
      })
      channel.on('close', () => {
        if (status === undefined) reject(this.#cut())
        else if (status !== 0) reject(new HostError(this.name, status, complaint.trim()))
        else if (bytes > MAX_OUTPUT_BYTES)
          reject(new HostError(this.name, status, `it printed ${bytes} bytes`))
        else resolve(Buffer.concat(chunks))
      })
    })
  }

  #cut(): PlatformError {
    const what = this.#closed ? 'the provider was closed' : 'the connection was cut or did not answer'
    return new PlatformError(
      'TIMEOUT',
      `ssh provider: ${this.name}: ${what}: whether it was done is not known; try again`,
    )
  }
}

/** As `ssh-keygen -lf` prints it. */
function pinOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}
