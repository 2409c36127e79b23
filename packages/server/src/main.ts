import { processIo, runProgram } from '@openzimki/cli'
import { zimkiProgram } from './zimki-program.ts'

const io = processIo()
process.exitCode = await runProgram(zimkiProgram(io), process.argv.slice(2), io)
