import { onPostgres } from './testing/on-postgres.ts'

onPostgres()
await import('./logs.test.ts')
