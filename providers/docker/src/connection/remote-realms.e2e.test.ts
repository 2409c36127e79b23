import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { EngineProcess } from '../testing/engine-process.ts'
import { PlatformWithin } from '../testing/platform-within.ts'
import { SshdWithin } from '../testing/sshd-within.ts'
import { TwoHosts } from '../testing/two-hosts.ts'
import { openEngine } from './open-engine.ts'

const run = promisify(execFile)
const SERVICE = fileURLToPath(new URL('../../../../examples/service', import.meta.url))
const closers: (() => unknown)[] = []
let hosts: TwoHosts
let engine: EngineProcess
let platform: PlatformWithin

/** The platform on one host, the engine on the other. */
beforeAll(async () => {
  hosts = await TwoHosts.make()
  closers.push(() => hosts.close())
  platform = await PlatformWithin.make(hosts.within(0))
  closers.push(() => platform.close())
  await makeCertificates()
  const [ca, cert, key] = ['ca.pem', 'server.pem', 'server.key'].map((name) => join(platform.folder, name))
  const listen = ['--host', `tcp://${hosts.addresses[1]}:2376`, '--tlsverify']
  const flags = [...listen, '--tlscacert', ca!, '--tlscert', cert!, '--tlskey', key!]
  engine = await EngineProcess.start({ within: hosts.within(1), flags })
  closers.push(() => engine.close())
  const { docker, close } = openEngine({ socket: engine.socket })
  await docker.createNetwork({ Name: 'zimki', Driver: 'bridge' })
  close()
}, 180_000)

afterAll(async () => {
  for (const end of closers.reverse()) await end()
}, 60_000)

async function makeCertificates(): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: platform.folder })
  const fresh = (name: string) => [
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-subj',
    `/CN=${name}`,
  ]
  await openssl('req', '-x509', '-days', '2', '-out', 'ca.pem', ...fresh('ca'))
  await writeFile(join(platform.folder, 'names'), `subjectAltName=IP:${hosts.addresses[1]}`)
  for (const name of ['server', 'client']) {
    await openssl('req', '-out', `${name}.csr`, ...fresh(name))
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2']
    await openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...by)
  }
}

/** Deploys, asks, ends, and finds nothing left on the engine. */
async function servesRealms(connection: Record<string, unknown>, realm: string): Promise<void> {
  await writeFile(join(platform.folder, 'docker.json'), JSON.stringify({ connection, network: 'zimki' }))
  await platform.zimki('provider', 'docker', 'image', '--config', 'docker.json', '--from', 'installation')
  const provider = ['--provider', 'docker', '--provider-config', 'docker.json']
  await platform.up([...provider, '--agents-address', `${hosts.addresses[0]}:0`])
  await platform.zimki('deploy', SERVICE, '--realm', realm, '--json')
  const { status, body } = await platform.get(realm, '/')
  expect([status, body.length > 0]).toEqual([200, true])
  const { docker, close } = openEngine({ socket: engine.socket })
  expect(await docker.listContainers()).toHaveLength(1)
  await platform.down()
  expect(await docker.listContainers({ all: true })).toEqual([])
  close()
}

describe('a realm is served from a container of an engine on another host', () => {
  it('which is reached over TLS', async () => {
    const [caFile, certFile, keyFile] = ['ca.pem', 'client.pem', 'client.key'].map((name) =>
      join(platform.folder, name),
    )
    await servesRealms({ host: hosts.addresses[1], port: 2376, tls: { caFile, certFile, keyFile } }, 'far')
  })

  it('which is reached over SSH', async () => {
    const sshd = await SshdWithin.start(hosts.within(1), hosts.addresses[1], platform.folder, engine.socket)
    try {
      await servesRealms(sshd.connection, 'farther')
    } finally {
      await sshd.close()
    }
  })
})
