import knexModule, { type Knex } from 'knex'
import type { Client, QueryConfig } from 'pg'
import { decodeText, encodeBinding } from './text-codec.ts'

export interface PostgresConnect {
  /** `postgres://user:password@host:port/database`, with libpq's parameters (`sslmode`, `host` of a socket's folder ...). */
  url: string
  /** Schema that the tables are in. */
  schema: string
  /** Most connections at once. */
  connections: number
  /** Said to the server, so that its administrator sees who is connected. */
  name: string
  /** Statements with which a session begins, one text. */
  settings: string
  /** A server that answers nothing for this long is given up with its connection; left out: it may take as long as it likes. */
  answerMs?: number
  /** Before a new connection is used; when it rejects, the connection is not. */
  onConnect?: (client: Client) => Promise<void>
}

/** A server that is not there says so within this. */
const CONNECT_MS = 5_000
/** A peer that is silent for this long is asked whether it is there. */
const KEEP_ALIVE_MS = 10_000
/** Waiting for one of our own connections. */
const ACQUIRE_MS = 10_000

export const isPostgresUrl = (location: string): boolean => /^postgres(ql)?:\/\//.test(location)

/** Each commit is on disk before it is acknowledged, whatever the server's default is. */
export const DURABLE = `set synchronous_commit = on; set default_transaction_isolation = 'read committed';
  set default_transaction_read_only = off; set client_min_messages = error`

/** What a hung statement or a hung process of ours may hold up. Without `statements`: for work that may be long, as a migration. */
export const timeouts = (statementsMs: number): string =>
  `set statement_timeout = ${statementsMs}; set lock_timeout = 10000; set idle_in_transaction_session_timeout = 60000`

/** A pool of connections that give values as SQLite does: whole numbers are numbers, booleans 0 or 1, texts may hold NUL. */
export function connectPostgres(options: PostgresConnect): Knex {
  return knexModule({
    client: 'pg',
    connection: {
      connectionString: options.url,
      application_name: options.name,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      types: { getTypeParser },
      // A command may be sent before the one before it is answered.
      pipeline: true,
      query_timeout: options.answerMs ?? 0,
    } as Knex.PgConnectionConfig,
    searchPath: [options.schema],
    acquireConnectionTimeout: ACQUIRE_MS,
    // Failures reach the caller as errors; knex would also print them.
    log: { debug: ignore, warn: ignore, error: ignore, deprecate: ignore },
    pool: {
      min: options.onConnect ? options.connections : 0,
      max: options.connections,
      afterCreate: (client: Client, done: (error: unknown, client: unknown) => void) => {
        prepare(client, options).then(
          () => done(null, client),
          (error) => done(error, client),
        )
      },
    },
  })
}

const ignore = (): void => undefined

/** A standby would give old answers and takes no writes; after a failover the name leads to another. */
async function prepare(client: Client, { settings, onConnect }: PostgresConnect): Promise<void> {
  await client.query(settings)
  const { rows } = await client.query('select pg_is_in_recovery() as standby')
  if (rows[0].standby) {
    throw Object.assign(new Error('the server is a standby'), { code: '25006' })
  }
  const query = client.query.bind(client) as (config: unknown, ...rest: unknown[]) => unknown
  const encoding = (config: QueryConfig, ...rest: unknown[]) =>
    query(config.values ? { ...config, values: config.values.map(encodeBinding) } : config, ...rest)
  client.query = encoding as typeof client.query
  await onConnect?.(client)
}

const OID = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  float4: 700,
  float8: 701,
  varchar: 1043,
  numeric: 1700,
}

const PARSERS = new Map<number, (text: string) => unknown>([
  [OID.bool, (text) => (text === 't' ? 1 : 0)],
  ...[OID.int2, OID.int4, OID.int8, OID.float4, OID.float8, OID.numeric].map((oid) => [oid, Number] as const),
  ...[OID.text, OID.varchar].map((oid) => [oid, decodeText] as const),
])

/** Whatever is not listed stays the text it came as. */
const getTypeParser = (oid: number): ((text: string) => unknown) => PARSERS.get(oid) ?? ((text) => text)
