import { once } from 'node:events'
import { openCloud } from './cloud.ts'
import { runScenario } from './scenario.ts'

// `npm run e2e:aws`: realms served from simulated EC2 machines with blobs in S3, half of the machines killed, one interrupted, nothing left behind.

const say = (line: string) => void process.stdout.write(`${line}\n`)
const cloud = await openCloud()
const stop = once(process, 'SIGINT').then(() => Promise.reject(new Error('interrupted')))
try {
  const complaints = await Promise.race([runScenario(cloud, { machines: 4, say }), stop])
  for (const complaint of complaints) say(`WRONG: ${complaint}`)
  say(complaints.length === 0 ? 'all as promised' : `${complaints.length} promises broken`)
  process.exitCode = complaints.length === 0 ? 0 : 1
} catch (thrown) {
  say(`FAILED: ${(thrown as Error).stack}`)
  for (const one of cloud.simulator.cloud.instances.every())
    say(`console of ${one.id} (${one.state}):\n${one.console.slice(-3_000)}`)
  process.exitCode = 1
} finally {
  await cloud.close()
}
process.exit()
