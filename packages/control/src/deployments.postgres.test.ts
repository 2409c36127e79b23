import { onPostgres } from './testing/on-postgres.ts'

onPostgres()
await import('./deployments.test.ts')
