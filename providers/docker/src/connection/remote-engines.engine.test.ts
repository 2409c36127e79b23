import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import ssh from 'ssh2'
import { createDockerProvider } from '../index.ts'
import { testEngine } from '../testing/engine-process.ts'
import { testConfig } from '../testing/test-engine.ts'

const run = promisify(execFile)
const closers: (() => unknown)[] = []
let engine: Awaited<ReturnType<typeof testEngine>>
let folder: string

beforeAll(async () => {
  engine = await testEngine()
  folder = await mkdtemp(join(tmpdir(), 'zimki-remote-'))
}, 60_000)

afterAll(async () => {
  for (const close of closers.reverse()) close()
  await rm(folder, { recursive: true, force: true })
  await engine.close()
}, 30_000)

const at = (name: string) => join(folder, name)
const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })

/** Whether a whole machine can be made and removed through it; else what went wrong. */
async function works(connection: object): Promise<string> {
  const provider = createDockerProvider({ ...testConfig('/', 'remote'), connection } as never)
  try {
    await provider.launch({ id: 'm-1', size: 'small', zone: null, env: {} })
    await provider.destroy('m-1')
    return 'it works'
  } catch (thrown) {
    return (thrown as Error).message
  } finally {
    await provider.close()
  }
}

async function portOf(
  server: Pick<Server, 'address' | 'close'> & {
    listen(port: number, host: string, done: () => void): unknown
  },
) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** An authority, and what it signed for a name. */
async function authority(name: string): Promise<void> {
  const subject = ['-subj', `/CN=${name}`, '-days', '2']
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    ...subject,
  )
}

async function signed(by: string, name: string): Promise<void> {
  await openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    '/CN=localhost',
  )
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1')
  const out = ['-out', `${name}.pem`, '-days', '2', '-extfile', 'names']
  await openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    `${by}.pem`,
    '-CAkey',
    `${by}.key`,
    '-CAcreateserial',
    ...out,
  )
}

describe('an engine elsewhere', () => {
  it('is reached over TLS with certificates on both sides, and no other is believed', async () => {
    for (const name of ['ours', 'other']) await authority(name)
    for (const [by, name] of [
      ['ours', 'server'],
      ['ours', 'client'],
      ['other', 'thief'],
    ] as const)
      await signed(by, name)
    const [ca, cert, key] = await Promise.all(
      ['ours.pem', 'server.pem', 'server.key'].map((name) => readFile(at(name))),
    )
    const server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (socket) => {
      const inner = connect(engine.socket)
      socket.pipe(inner).pipe(socket)
      for (const one of [socket, inner]) one.on('error', () => undefined)
      closers.push(() => socket.destroy())
    })
    server.on('tlsClientError', () => undefined)
    const port = await portOf(server)
    const tls = (caName: string, name: string) => {
      const [caFile, certFile, keyFile] = [`${caName}.pem`, `${name}.pem`, `${name}.key`].map(at)
      return { host: '127.0.0.1', port, tls: { caFile, certFile, keyFile } }
    }
    expect(await works(tls('ours', 'client'))).toBe('it works')
    expect(await works(tls('other', 'client'))).toMatch(/certificate/)
    expect(await works(tls('ours', 'thief'))).not.toBe('it works')
  }, 60_000)

  it('is reached over SSH, and only if it has the key that is pinned', async () => {
    const [hostKey, userKey] = [
      ssh.utils.generateKeyPairSync('ed25519'),
      ssh.utils.generateKeyPairSync('ed25519'),
    ]
    await writeFile(at('id'), userKey.private, { mode: 0o600 })
    const allowed = keyOf(userKey.public)
    const server = new ssh.Server({ hostKeys: [hostKey.private] }, (client) => {
      client.on('error', () => undefined)
      client.on('authentication', (context) => {
        const isOurs = context.method === 'publickey' && context.key.data.equals(allowed)
        if (isOurs) context.accept()
        else context.reject(['publickey'])
      })
      client.on('session', (accept) => {
        accept().on('exec', (take, refuse, { command }) => {
          if (command !== 'docker system dial-stdio') return refuse()
          const channel = take()
          const inner = connect(engine.socket)
          channel.pipe(inner).pipe(channel)
          for (const one of [channel, inner]) one.on('error', () => undefined)
        })
      })
    })
    const port = await portOf(server as never)
    const pin = (key: Buffer) =>
      `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
    const over = (pinned: Buffer) => ({
      host: '127.0.0.1',
      port,
      ssh: { user: 'zimki', keyFile: at('id'), hostKey: pin(pinned) },
    })
    expect(await works(over(keyOf(hostKey.public)))).toBe('it works')
    expect(await works(over(allowed))).toMatch(/host/i)
  }, 60_000)
})

const keyOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64')
