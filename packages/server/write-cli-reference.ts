import { writeFileSync } from 'node:fs'
import { cliReference, processIo } from '@openzimki/cli'
import { zimkiProgram } from './src/zimki-program.ts'

const page = new URL('../../docs/reference/cli.md', import.meta.url)
writeFileSync(page, cliReference(zimkiProgram(processIo())))
