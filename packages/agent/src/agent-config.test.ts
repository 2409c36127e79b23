import { describe, expect, it } from '@jest/globals'
import { AGENT_ENV, agentSettings, readAgentConfig } from './agent-config.ts'

const GOOD = {
  [AGENT_ENV.control]: 'unix:/run/control',
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
      orphanMs: 5_000,
      pingMs: 250,
      hangMs: 2_000,
      overrunGraceMs: 1_000,
    })
    expect(config.cellCommand).toEqual(['/usr/bin/node', '--no-node-snapshot', 'cell.ts'])
  })

  it.each(Object.keys(GOOD).filter((name) => name !== AGENT_ENV.settings))('names the missing %s', (name) => {
    expect(() => readAgentConfig({ ...GOOD, [name]: undefined })).toThrow(name)
  })

  it.each([
    [AGENT_ENV.cellCommand, '["node"]', 'absolute'],
    [AGENT_ENV.cellCommand, '[]', AGENT_ENV.cellCommand],
    [AGENT_ENV.cellCommand, 'node', 'no JSON'],
    [AGENT_ENV.runDir, 'run', 'absolute'],
    [AGENT_ENV.settings, '{"sparse":1}', 'sparse'],
    [AGENT_ENV.settings, '{"spares":-1}', 'spares'],
    [AGENT_ENV.settings, '{"cellUser":{"uid":0,"gid":1}}', 'cellUser.uid'],
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
