import { rehearse } from './account/rehearse.ts'
import { runOnAccount } from './account/run-on-account.ts'
import { sweepCommand } from './account/sweep-command.ts'
import { walkGuides } from './guide/walk-guides.ts'
import { runScenario } from './scenario.ts'
import { openSimulatedCloud } from './simulated-cloud.ts'

// `npm run e2e:aws`: realms served from EC2 machines with blobs in S3, half of the machines killed, one interrupted, nothing left behind. All of it
// simulated; with `real --budget USD` in an account of AWS, and `sweep` removes what a killed run left there.

const say = (line: string) => void process.stdout.write(`${line}\n`)
const end = new AbortController()
// Again and again: a second one must not keep what is there from being swept.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => end.abort(new Error('interrupted')))

async function simulated(): Promise<string[]> {
  const cloud = await openSimulatedCloud()
  try {
    return await runScenario(cloud, { machines: 4, say, signal: end.signal })
  } catch (thrown) {
    for (const one of cloud.simulator.cloud.instances.every())
      say(`console of ${one.id} (${one.state}):\n${one.console.slice(-3_000)}`)
    throw thrown
  } finally {
    await cloud.close()
  }
}

const COMMANDS: Record<string, (args: readonly string[]) => Promise<string[]>> = {
  simulated,
  real: async (args) => runOnAccount({ args, signal: end.signal, say }),
  rehearse: () => rehearse(say),
  guide: () => walkGuides(say),
  sweep: (args) => sweepCommand({ args, signal: end.signal, say }),
}

const [name = 'simulated', ...args] = process.argv.slice(2)
try {
  const command = COMMANDS[name]
  if (!command) throw new Error(`there is no ${name}; there are ${Object.keys(COMMANDS).join(', ')}`)
  const complaints = await command(args)
  for (const complaint of complaints) say(`WRONG: ${complaint}`)
  say(complaints.length === 0 ? 'all as promised' : `${complaints.length} promises broken`)
  process.exitCode = complaints.length === 0 ? 0 : 1
} catch (thrown) {
  const { name: kind, message, stack } = thrown as Error
  // Those of ours tell a person what to do.
  say(`FAILED: ${kind === 'PlatformError' ? message : stack}`)
  process.exitCode = 1
}
process.exit()
