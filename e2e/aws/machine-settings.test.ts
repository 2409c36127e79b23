import { describe, expect, it } from '@jest/globals'
import { agentSettings } from '../../packages/agent/src/agent-config.ts'

// @ts-expect-error plain JavaScript, which runs on machines as it is
const machine = await import('../../providers/aws-ec2/machine/agent-settings.js')

describe('what an EC2 machine tells its agent', () => {
  it('is what the agent takes, with a user of its own for each cell where the agent is root', () => {
    const settings = agentSettings(JSON.parse(machine.agentSettings('{"spares":2}', true)))
    expect(settings).toMatchObject({ spares: 2, cellUsers: { gid: 1_900_000_000, count: 65_535 } })
    expect(agentSettings(JSON.parse(machine.agentSettings(undefined, false))).cellUsers).toBeUndefined()
  })
})
