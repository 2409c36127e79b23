import { writeFileSync } from 'node:fs'
import { trimpathLibrarySource } from './library-source.ts'

writeFileSync(new URL('trimpath.js', import.meta.url), trimpathLibrarySource())
