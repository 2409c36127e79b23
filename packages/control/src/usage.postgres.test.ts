import { onPostgres } from './testing/on-postgres.ts'

onPostgres()
await import('./usage.test.ts')
