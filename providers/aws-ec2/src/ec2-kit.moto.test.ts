import { describeProvider } from '@openzimki/provider/conformance'
import { motoHarness } from './testing/moto-harness.ts'
import { type MotoServer, startMoto } from './testing/moto-server.ts'

let started: Promise<MotoServer> | null = null
const server = () => {
  started ??= startMoto()
  return started
}

describeProvider('the EC2 provider on moto', { harness: motoHarness(server), skip: {} })
