import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { findPostgresPrograms } from './postgres-programs.ts'

const run = promisify(execFile)

/** PostgreSQL refuses to run as root. */
interface User {
  uid?: number
  gid?: number
}

const SETTINGS = [
  ...['listen_addresses=', 'unix_socket_permissions=0777', 'max_connections=100', 'shared_buffers=64MB'],
  ...['deadlock_timeout=200ms', 'log_min_messages=fatal'],
]

/**
 * For tests: a PostgreSQL server of its own in a temporary folder, on a Unix socket in it, for whoever may open that. It can be killed and
 * started again.
 */
export class PostgresServer {
  readonly #programs: string
  readonly #directory: string
  readonly #user: User
  #process: ChildProcess | null = null
  #databases = 0

  constructor(programs: string, directory: string, user: User) {
    this.#programs = programs
    this.#directory = directory
    this.#user = user
  }

  static async start(): Promise<PostgresServer> {
    const programs = findPostgresPrograms()
    if (!programs) throw new Error('PostgreSQL is not installed')
    const directory = await mkdtemp(join(tmpdir(), 'zimki-pg-'))
    const user = await unprivileged()
    if (user.uid !== undefined) await chown(directory, user.uid, user.gid!)
    const data = join(directory, 'data')
    const options = [
      '--no-sync',
      '--auth=trust',
      '--username=zimki',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '-D',
      data,
    ]
    await run(join(programs, 'initdb'), options, { ...user, cwd: directory })
    const server = new PostgresServer(programs, directory, user)
    await server.start()
    return server
  }

  /** Of a database on this server. */
  url(database = 'postgres'): string {
    return `postgres://zimki@localhost/${database}?host=${encodeURIComponent(this.#directory)}`
  }

  /** A new and empty database; its URL. */
  async createDatabase(options = ''): Promise<string> {
    const name = `test_${++this.#databases}`
    await this.query(`create database ${name} ${options}`)
    return this.url(name)
  }

  /** Deletes all rows of the platform's tables in a database, which is much quicker than a new one. */
  async empty(url: string): Promise<void> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query(
      `select format('delete from %I.%I', table_schema, table_name) as sql from information_schema.tables
        where table_schema like 'zimki%' and table_name not like 'knex%'`,
    )
    await client.query(rows.map(({ sql }) => sql).join(';'))
    await client.end()
  }

  async query(sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url(database) })
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    for (;;) {
      const options = SETTINGS.flatMap((setting) => ['-c', setting])
      const args = ['-D', join(this.#directory, 'data'), '-k', this.#directory, ...options]
      const child = spawn(join(this.#programs, 'postgres'), args, {
        ...this.#user,
        cwd: this.#directory,
        stdio: 'ignore',
      })
      this.#process = child
      const ended = new Promise<'ended'>((resolve) => child.once('exit', () => resolve('ended')))
      if ((await Promise.race([this.#answers(), ended])) !== 'ended') return
      // The processes of one that was killed may hold its memory for another moment.
      await pause()
    }
  }

  async #answers(): Promise<void> {
    while (this.#process?.exitCode === null && this.#process.signalCode === null) {
      try {
        await this.query('select 1')
        return
      } catch {
        await pause()
      }
    }
  }

  /** Kills all of its processes at once, as when the machine goes; what was not on disk is lost. */
  async kill(): Promise<void> {
    const pids = await this.#children()
    await this.#end('SIGKILL')
    for (const pid of pids) killQuietly(pid)
  }

  /** Kills the process behind one connection; the server then starts anew by itself. */
  async killBackend(pid: number): Promise<void> {
    process.kill(pid, 'SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.#process) await this.#end('SIGQUIT')
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #children(): Promise<number[]> {
    const pid = this.#process!.pid!
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    return text.trim().split(/\s+/).filter(Boolean).map(Number)
  }

  async #end(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    const child = this.#process!
    this.#process = null
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }
}

async function unprivileged(): Promise<User> {
  if (process.getuid?.() !== 0) return {}
  const passwd = await readFile('/etc/passwd', 'utf8')
  const entry = ['postgres', 'nobody'].map((name) =>
    passwd.split('\n').find((line) => line.startsWith(`${name}:`)),
  )
  const [, , uid, gid] = (entry[0] ?? entry[1] ?? '').split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
