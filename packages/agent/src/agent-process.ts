import { PlatformError, systemClock } from '@openzimki/core'
import { createAgent } from './agent.ts'
import { readAgentConfig } from './agent-config.ts'

/** The program on a machine. Ends with status 0 in order, 2 for a configuration that cannot work, 1 for anything else. */

const VERSION = '0.1.0'

function note(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`)
}

function fail(thrown: unknown): never {
  const error = PlatformError.from(thrown)
  note(error.code === 'INVALID_ARGUMENT' ? error.message : (error.stack ?? error.message))
  process.exit(error.code === 'INVALID_ARGUMENT' ? 2 : 1)
}

process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)

const agent = await createAgent({
  config: readAgentConfig(process.env),
  version: VERSION,
  clock: systemClock,
  note,
}).catch(fail)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void agent.end(signal))
await agent.ended
process.exit(0)
