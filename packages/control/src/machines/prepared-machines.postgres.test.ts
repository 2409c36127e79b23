import { onPostgres } from '../testing/on-postgres.ts'

onPostgres()
await import('./prepared-machines.test.ts')
