import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { checkConfig } from '../config.ts'
import { ec2Manifest } from '../manifest.ts'
import { bootScript } from './boot-script.ts'
import { PLACES } from './machine-unit.ts'
import { userData } from './user-data.ts'

const BASE = { owner: 'me', region: 'us-east-1', sizes: { small: { types: ['t3.micro'] } } }
const SHA = 'ab'.repeat(32)
const BUNDLED = {
  ...BASE,
  bundle: { url: 's3://my-bucket/zimki/agent.tgz', sha256: SHA },
  instanceProfile: 'zimki-machine',
}
const HOSTILE = {
  QUOTES: `'"\`$(touch /tmp/broken) \\ $HOME`,
  LINES: 'a\nEND_0\nexport EVIL=1\n',
  UMLAUT: 'é ☃',
}

describe('user data', () => {
  it('hands over the environment as it is, to root alone, whatever is in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boot-'))
    try {
      const config = checkConfig({
        ...BASE,
        command: [process.execPath, '-e', 'console.log(JSON.stringify(process.env))'],
      })
      const script = bootScript(config, HOSTILE)
        .replaceAll(PLACES.settings, `${folder}/settings`)
        .replaceAll('/run/systemd/system', `${folder}/no-systemd`)
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script])
      expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject(HOSTILE)
      expect(stdout).toContain('zimki-boot: starts the agent')
      expect((await stat(`${folder}/settings/env`)).mode & 0o077).toBe(0)
      expect(await readFile(`${folder}/settings/run`, 'utf8')).not.toContain('touch')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('of one that is to be prepared ends before the agent, and goes on there the next time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boot-'))
    try {
      const command = [process.execPath, '-e', 'console.log(process.env.QUOTES)']
      const script = bootScript(checkConfig({ ...BASE, command }), HOSTILE, true)
        .replaceAll(PLACES.settings, `${folder}/settings`)
        .replaceAll('/run/systemd/system', `${folder}/no-systemd`)
      const run = async () => (await promisify(execFile)('/bin/sh', ['-c', script])).stdout
      const first = await run()
      expect(first).toMatch(/zimki-boot: prepared\n$/)
      expect(first).not.toContain(HOSTILE.QUOTES)
      const second = await run()
      expect(second).toContain(`zimki-boot: starts the agent\n${HOSTILE.QUOTES}\n`)
      expect(second).not.toContain('prepared')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('of one that is to be prepared enables its units and starts none', () => {
    const script = bootScript(checkConfig(BUNDLED), {}, true)
    expect(script).toContain('systemctl enable zimki-machine zimki-notices || fail')
    expect(script).not.toContain('--now')
    expect(script.indexOf('sha256sum')).toBeLessThan(script.indexOf('say prepared'))
  })

  it('is the same for the same launch, in any order', () => {
    const config = checkConfig(BUNDLED)
    expect(userData(config, { A: '1', B: '2' })).toBe(userData(config, { B: '2', A: '1' }))
  })

  it('fits with the largest environment, also one that cannot be packed', () => {
    const config = checkConfig(BUNDLED)
    const room = ec2Manifest(config).maxEnvBytes - 'NAME'.length - 2
    const value = randomBytes(room).toString('base64').slice(0, room)
    for (const isPrepared of [false, true]) {
      const bytes = Buffer.from(userData(config, { NAME: value }, isPrepared), 'base64')
      expect(bytes.length).toBeLessThanOrEqual(16 * 1024)
      const plain = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes
      expect(plain.toString()).toContain(value)
    }
  })

  it('installs nothing but what has the digest', () => {
    const script = bootScript(checkConfig(BUNDLED), {})
    expect(script).toContain(`echo "${SHA}  $got" | sha256sum -c -`)
    expect(script.indexOf('sha256sum')).toBeLessThan(script.indexOf('tar -xzf'))
    expect(script).toContain('https://my-bucket.s3.us-east-1.amazonaws.com/zimki/agent.tgz')
  })

  it('shows a signed address neither on the console nor in arguments, and asks for one over TLS', () => {
    const bundle = { url: 'https://store.example/agent.tgz?X-Sig=a%2Fb&X-Exp=9', sha256: SHA }
    const lines = bootScript(checkConfig({ ...BASE, bundle }), {}).split('\n')
    const secret = lines.filter((line) => line.includes('X-Sig'))
    expect(secret).toHaveLength(1)
    expect(secret[0]).toMatch(/^if \( printf .* \| curl [^']* -K - \)/)
    const open = { ...bundle, url: bundle.url.replace('https', 'http') }
    expect(() => checkConfig({ ...BASE, bundle: open })).toThrow('bundle.url')
    const hostile = { ...bundle, url: "https://store.example/a?b=';reboot;'" }
    expect(() => checkConfig({ ...BASE, bundle: hostile })).toThrow('bundle.url')
  })

  it('is a script that a shell can read, with and without a bundle', async () => {
    for (const config of [BUNDLED, { ...BASE, command: ['/bin/true'] }]) {
      for (const isPrepared of [false, true]) {
        const script = bootScript(checkConfig(config), HOSTILE, isPrepared)
        await promisify(execFile)('/bin/sh', ['-n', '-c', script])
      }
    }
  })
})
