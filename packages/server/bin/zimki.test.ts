import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const LAUNCHER = new URL('./zimki.js', import.meta.url).pathname
const PROGRAM = `
const [command, value]: string[] = process.argv.slice(2)
if (command === 'show') console.log(JSON.stringify({ pid: process.pid, major: process.versions.node.split('.')[0], flags: process.execArgv, args: process.argv.slice(2) }))
if (command === 'exit') process.exit(Number(value))
if (command === 'wait') { process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready') }
`

let folder: string
let launcher: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zimki-launcher-'))
  mkdirSync(join(folder, 'server', 'bin'), { recursive: true })
  mkdirSync(join(folder, 'server', 'src'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'server', 'src', 'main.ts'), PROGRAM)
  launcher = join(folder, 'server', 'bin', 'zimki.js')
  copyFileSync(LAUNCHER, launcher)
})

afterEach(() => rmSync(folder, { recursive: true }))

const start = (...args: string[]) => spawnSync(process.execPath, [launcher, ...args], { encoding: 'utf8' })

describe('the launcher', () => {
  it('hands arguments on untouched, with the flags that isolates need', () => {
    const shown = JSON.parse(start('show', 'two words', '--json').stdout)
    expect(shown.args).toEqual(['show', 'two words', '--json'])
    expect(shown.flags).toContain('--no-node-snapshot')
    expect(Number(shown.major)).toBeGreaterThanOrEqual(26)
  })

  it('ends with the exit status of the program', () => {
    expect(start('exit', '5').status).toBe(5)
  })

  it('passes a signal on, and the program decides how it ends', async () => {
    const child = spawn(process.execPath, [launcher, 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
    child.kill('SIGTERM')
    expect(await ended).toBe(7)
  })

  it('finds itself through a symbolic link, as npm puts it in .bin', () => {
    const link = join(folder, 'zimki')
    symlinkSync(launcher, link)
    expect(spawnSync(process.execPath, [link, 'exit', '3']).status).toBe(3)
  })

  it('says what is missing and what to do when the program files are not there', () => {
    rmSync(join(folder, 'server', 'src'), { recursive: true })
    const result = start('show')
    expect(result.status).toBe(1)
    expect(result.stderr).toMatch(/program files are missing.*npm ci/s)
  })
})
