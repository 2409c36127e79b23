/** What else keeps its state in PostgreSQL needs of it: the same connections, order of text, errors and way forward as the store. */
export { type MigrationStep, migrateForward } from './sql/migrate-forward.ts'
export {
  connectPostgres,
  DURABLE,
  isPostgresUrl,
  type PostgresConnect,
  timeouts,
} from './sql/postgres/connect-postgres.ts'
export { isLost } from './sql/postgres/failures.ts'
export { lockKey, openSchema, orderTextByCodePoint } from './sql/postgres/open-schema.ts'
