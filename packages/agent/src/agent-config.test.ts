import { describe, expect, it } from '@jest/globals'
import { generateIdentity } from '@openzimki/link'
import { AGENT_ENV, agentSettings, orphanMs, readAgentConfig } from './agent-config.ts'

const GOOD = {
  [AGENT_ENV.control]: 'unix:/run/control',
  [AGENT_ENV.controlKey]: generateIdentity().publicKey,
  [AGENT_ENV.machine]: 'm1',
  [AGENT_ENV.joinToken]: 'sesame',
  [AGENT_ENV.runDir]: '/run/agent',
  [AGENT_ENV.store]: '/run/store',
  [AGENT_ENV.cellCommand]: '["/usr/bin/node","--no-node-snapshot","cell.ts"]',
}

describe('readAgentConfig', () => {
  it('fills in what is not said', () => {
    const config = readAgentConfig({ ...GOOD, [AGENT_ENV.settings]: '{"spares":3}' })
    expect(config.settings).toMatchObject({
      spares: 3,
      pingMs: 250,
      hangMs: 2_000,
      overrunGraceMs: 1_000,
    })
    expect(config.cellCommand).toEqual(['/usr/bin/node', '--no-node-snapshot', 'cell.ts'])
  })

  it('keeps its key and spool beside its sockets unless told otherwise', () => {
    expect(readAgentConfig(GOOD).stateDir).toBe('/run/agent/state')
    expect(readAgentConfig({ ...GOOD, [AGENT_ENV.stateDir]: '/var/agent' }).stateDir).toBe('/var/agent')
  })

  it('waits for a control on another machine for a day, and for one on this machine five seconds', () => {
    const of = (control: string, settings = '{}') =>
      orphanMs(readAgentConfig({ ...GOOD, [AGENT_ENV.control]: control, [AGENT_ENV.settings]: settings }))
    expect(of('unix:/run/control')).toBe(5_000)
    expect(of('tls:control.example.org:4000')).toBe(86_400_000)
    expect(of('tls:control.example.org:4000', '{"orphanMs":7}')).toBe(7)
  })

  it.each(Object.keys(GOOD).filter((name) => name !== AGENT_ENV.settings))('names the missing %s', (name) => {
    expect(() => readAgentConfig({ ...GOOD, [name]: undefined })).toThrow(name)
  })

  it.each([
    [AGENT_ENV.cellCommand, '["node"]', 'absolute'],
    [AGENT_ENV.cellCommand, '[]', AGENT_ENV.cellCommand],
    [AGENT_ENV.cellCommand, 'node', 'no JSON'],
    [AGENT_ENV.runDir, 'run', 'absolute'],
    [AGENT_ENV.stateDir, 'run', 'absolute'],
    [AGENT_ENV.control, 'tcp:10.0.0.1:4000', 'tls:'],
    [AGENT_ENV.control, '10.0.0.1:4000', 'tls:<host>'],
    [AGENT_ENV.controlKey, 'secret', 'public key'],
    [AGENT_ENV.settings, '{"sparse":1}', 'sparse'],
    [AGENT_ENV.settings, '{"spares":-1}', 'spares'],
    [AGENT_ENV.settings, '{"cellUsers":{"firstUid":0,"gid":1,"count":1}}', 'cellUsers.firstUid'],
  ])('refuses %s = %s', (name, value, word) => {
    expect(() => readAgentConfig({ ...GOOD, [name]: value })).toThrow(word)
  })

  it('never shows the join token', () => {
    const read = () => readAgentConfig({ ...GOOD, [AGENT_ENV.joinToken]: 'secret'.repeat(1_000) })
    expect(read).toThrow(AGENT_ENV.joinToken)
    expect(read).not.toThrow('secret')
  })

  it('checks settings given as an object in the same way', () => {
    expect(() => agentSettings({ pingMs: 0 })).toThrow('pingMs')
  })
})
