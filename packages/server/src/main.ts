import { buildProgram, processIo, quietly, runProgram } from '@openzimki/cli'
import { upCommand } from './up-command.ts'

/** The program `zimki`: the command line, and `up`, which only this package can put together. */
const io = processIo()
const program = buildProgram(io)
program.addCommand(quietly(upCommand(io), io))
process.exitCode = await runProgram(program, process.argv.slice(2), io)
