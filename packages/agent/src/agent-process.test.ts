import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { processIdentity } from '@openzimki/provider'
import { AGENT_ENV } from './agent-config.ts'
import { FAKE_CELL, TestControl } from './testing/test-control.ts'

const ENTRY = fileURLToPath(new URL('agent-process.ts', import.meta.url))

let control: TestControl
let agent: ChildProcess | null

beforeEach(async () => {
  control = await TestControl.open()
  agent = null
})

afterEach(async () => {
  agent?.kill('SIGKILL')
  await control.close()
})

function start(change: Record<string, string> = {}): ChildProcess {
  agent = spawn(process.execPath, [ENTRY], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      [AGENT_ENV.control]: `unix:${control.dir}/control`,
      [AGENT_ENV.controlKey]: control.expected.publicKey,
      [AGENT_ENV.machine]: 'm1',
      [AGENT_ENV.joinToken]: 'sesame-open',
      [AGENT_ENV.runDir]: join(control.dir, 'run'),
      [AGENT_ENV.store]: '/nowhere',
      [AGENT_ENV.cellCommand]: JSON.stringify([process.execPath, FAKE_CELL]),
      [AGENT_ENV.settings]: '{"spares":1}',
      ...change,
    },
  })
  return agent
}

async function untilGone(pid: number): Promise<void> {
  while ((await processIdentity(pid)) !== null) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('the agent’s program', () => {
  it('measures the machine, joins, serves, and ends in order with status 0', async () => {
    const process = start()
    await control.until(() => control.isJoined)
    expect(control.joins[0]?.jsopNs).toBeGreaterThan(0)
    await control.load('measures-at-end.1')
    const exit = once(process, 'exit')
    process.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    expect(control.windows).toHaveLength(1)
  })

  it('killed at once, leaves no cell behind, not even one that hangs', async () => {
    const process = start({ [AGENT_ENV.settings]: '{"hangMs":25000}' })
    await control.until(() => control.isJoined)
    const { cell } = await control.load('good.1')
    const pid = await control.pidOf(cell)
    const hanging = await control.load('hangs.1', 'another')
    const hangingPid = await control.pidOf(hanging.cell)
    process.kill('SIGKILL')
    await untilGone(pid)
    await untilGone(hangingPid)
    expect(control.gone).toEqual([])
  })

  it('ends with status 2 and says why when its environment is wrong, without its token', async () => {
    const process = start({ [AGENT_ENV.runDir]: 'not/absolute' })
    let said = ''
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    expect(await once(process, 'close')).toEqual([2, null])
    expect(said).toContain(AGENT_ENV.runDir)
    expect(said).not.toContain('sesame-open')
  })
})
