import { writeFileSync } from 'node:fs'
import { apiReference } from './src/api-reference.ts'

writeFileSync(new URL('../../docs/reference/http-api.md', import.meta.url), apiReference())
