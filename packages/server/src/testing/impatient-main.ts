import { processIo, runProgram } from '@openzimki/cli'
import { zimkiProgram } from '../zimki-program.ts'

// The program `zimki` that tells its progress at once, for tests of what it tells.
const io = { ...processIo(), progressAfterMs: 0 }
process.exitCode = await runProgram(zimkiProgram(io), process.argv.slice(2), io)
