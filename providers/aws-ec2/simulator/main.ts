import { parseArgs } from 'node:util'
import { startSimulator } from './start-simulator.ts'

// node providers/aws-ec2/simulator/main.ts --port 0 --instances real

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    region: { type: 'string', default: 'us-east-1' },
    instances: { type: 'string', default: 'bodiless' },
    expose: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    'state-folder': { type: 'string' },
  },
})

const simulator = await startSimulator({
  port: Number(values.port),
  controlPort: Number(values['control-port']),
  region: values.region,
  instances: values.instances === 'real' ? 'real' : 'bodiless',
  seed: Number(values.seed),
  expose: values.expose.map(Number),
  ...(values['state-folder'] === undefined ? {} : { stateFolder: values['state-folder'] }),
})
process.stdout.write(`# AWS, simulated, at ${simulator.endpoint}\n`)
if (simulator.hostAddress) process.stdout.write(`# instances reach this host at ${simulator.hostAddress}\n`)
for (const [name, value] of Object.entries(simulator.env)) process.stdout.write(`export ${name}=${value}\n`)

const end = (): void => void simulator.close().then(() => process.exit(0))
process.once('SIGINT', end)
process.once('SIGTERM', end)
