import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { hardenCellCommand } from './cell-command.ts'

const run = async ([program, ...args]: readonly [string, ...string[]]) =>
  (await promisify(execFile)(program, args)).stdout.trim()

const script = (text: string) => [process.execPath, '-e', text] as const

describe('hardenCellCommand', () => {
  it('gives a command that runs the same program', async () => {
    const { command } = await hardenCellCommand(script('console.log(6 * 7)'))
    expect(await run(command)).toBe('42')
  })

  it('does what it says', async () => {
    const status =
      "console.log(require('fs').readFileSync('/proc/self/status', 'utf8').match(/NoNewPrivs:\\s*(\\d)/)?.[1])"
    const { command, hardening } = await hardenCellCommand(script(status))
    expect(await run(command)).toBe(hardening.includes('no-new-privileges') ? '1' : '0')
    const limits =
      "console.log(require('fs').readFileSync('/proc/self/limits', 'utf8').match(/Max file size\\s+(\\S+)/)?.[1])"
    const second = await hardenCellCommand(script(limits))
    expect((await run(second.command)) === '0').toBe(second.hardening.includes('read-only-files'))
  })

  it('leaves alone what is hardened already, and still says so', async () => {
    const once = await hardenCellCommand(script(''))
    expect(await hardenCellCommand(once.command)).toEqual(once)
  })

  it('changes the user only where the agent is root', async () => {
    const users = { firstUid: 65_534, gid: 65_534, count: 1 }
    const isRoot = process.getuid?.() === 0
    const hardened = await hardenCellCommand(script(''), users)
    expect(hardened.users).toEqual(isRoot ? users : null)
    expect(hardened.whyOwnUser === null).toBe(isRoot)
    expect(hardened.hardening.includes('unprivileged-user')).toBe(isRoot)
  })
})
