import { processIo } from '../process-io.ts'
import { buildProgram } from '../program.ts'
import { runProgram } from '../run-program.ts'

// The command line as a process of its own, for tests of what only a process shows; on stderr it says nothing for being slow.
const io = { ...processIo(), progressAfterMs: 3_600_000 }
process.exitCode = await runProgram(buildProgram(io), process.argv.slice(2), io)
