import { buildProgram, processIo, quietly, runProgram } from '@openzimki/cli'
import { upCommand } from '../up-command.ts'

/** The program `zimki` for tests that cannot wait: what takes a platform seconds to be sure of takes this one a moment. */
const TEMPO = {
  timings: {
    ...{ tickMs: 100, fleetMs: 100, relaunchFirstMs: 50, sealMs: 500 },
    ...{ busyMs: 300, settleMs: 800, calmMs: 400 },
  },
  smoothMs: 200,
}

const io = processIo()
const program = buildProgram(io).addCommand(quietly(upCommand(io, TEMPO), io))
process.exitCode = await runProgram(program, process.argv.slice(2), io)
