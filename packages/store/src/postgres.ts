/** What else keeps its state in PostgreSQL needs of it: the same connections, order of text and errors as the store. */
export {
  connectPostgres,
  DURABLE,
  isPostgresUrl,
  type PostgresConnect,
  timeouts,
} from './sql/postgres/connect-postgres.ts'
export { isLost } from './sql/postgres/failures.ts'
export { lockKey, openSchema, orderTextByCodePoint } from './sql/postgres/open-schema.ts'
