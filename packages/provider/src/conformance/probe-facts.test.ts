import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { HARDENINGS } from '../manifest-words.ts'
import { type HostFacts, liesOf, type ProbeFacts, parseFacts, probePath } from './probe-facts.ts'

const HOST: HostFacts = { pidNamespace: 'pid:[1]', bootId: 'b', addresses: ['10.0.0.1'] }
const CONFINED: ProbeFacts = {
  ...{ pidNamespace: 'pid:[2]', bootId: 'c', ownProcessGroup: true, uid: 1_000, noNewPrivileges: true },
  ...{
    capabilities: '0000000000000000',
    memoryLimited: true,
    canWriteFiles: false,
    addresses: ['172.17.0.2'],
  },
}
const OPEN: ProbeFacts = {
  ...{ pidNamespace: 'pid:[1]', bootId: 'b', ownProcessGroup: false, uid: 0, noNewPrivileges: false },
  ...{ capabilities: '000001ffffffffff', memoryLimited: false, canWriteFiles: true, addresses: ['10.0.0.1'] },
}
const UNKNOWN: ProbeFacts = {
  ...{ pidNamespace: null, bootId: null, ownProcessGroup: null, uid: null, noNewPrivileges: null },
  ...{ capabilities: null, memoryLimited: null, canWriteFiles: false, addresses: [] },
}
const manifest = (isolation: 'process' | 'container' | 'vm', hardening = HARDENINGS) => ({
  ...{ isolation, hardening: [...hardening], logs: true, gracefulStop: true, outlivesPlatform: true },
  maxEnvBytes: 4_096,
})

describe('liesOf', () => {
  it('finds every claim that does not hold, and none that does', () => {
    expect(liesOf(manifest('vm'), CONFINED, HOST)).toEqual([])
    expect(liesOf(manifest('container'), CONFINED, HOST)).toEqual([])
    // What nothing inside can see is believed.
    const seen = HARDENINGS.length - 1
    expect(liesOf(manifest('container'), OPEN, HOST)).toHaveLength(seen + 1)
    expect(liesOf(manifest('vm'), OPEN, HOST)).toHaveLength(seen + 1)
  })

  it('minds nothing that is not claimed, and believes where the system does not say', () => {
    expect(liesOf({ ...manifest('process'), hardening: [] }, OPEN, HOST)).toEqual([])
    expect(liesOf(manifest('vm'), UNKNOWN, HOST)).toEqual([])
  })
})

it('the probe reports facts that are understood', async () => {
  const child = promisify(execFile)(process.execPath, [probePath], { env: { REPORT: '1', PROBE: 'x' } })
  child.child.stdout?.on('data', (text: string) => void (text.includes('hello') && child.child.kill()))
  const { stdout } = await child
  expect(parseFacts(stdout).addresses).toBeInstanceOf(Array)
  expect(stdout).toMatch(/hello x\nbye\n$/)
})

it('logs without facts are told apart', () => {
  expect(() => parseFacts('hello\n')).toThrow('the machine printed no facts')
})
