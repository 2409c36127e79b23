import { onPostgres } from './testing/on-postgres.ts'

onPostgres()
await import('./realms.test.ts')
