import { describe, expect, it } from '@jest/globals'
import { checkConfig } from './config.ts'

const SOCKETS = { runDir: '/run/z', doorsDir: '/run/z/doors' }
const TLS = { caFile: '/ca', certFile: '/cert', keyFile: '/key' }
const SWARM = { scheduler: 'swarm', network: 'zimki' }

describe('the configuration', () => {
  it('needs nothing, and then means the engine of this host', () => {
    expect(checkConfig({}, { owner: 'me' })).toMatchObject({
      owner: 'me',
      connection: { socket: '/var/run/docker.sock' },
      scheduler: 'engine',
      network: 'none',
    })
  })

  it('takes the platform’s sockets where the engine can share them, and only there', () => {
    const platform = { owner: 'me', sockets: SOCKETS }
    expect(checkConfig({}, platform).sockets).toEqual(SOCKETS)
    expect(checkConfig({ connection: { host: 'h', tls: TLS } }, platform).sockets).toBeUndefined()
    expect(checkConfig(SWARM, platform).sockets).toBeUndefined()
  })

  it('lets nobody but the platform say whose machines they are', () => {
    expect(checkConfig({ owner: 'another' }, { owner: 'me' }).owner).toBe('me')
  })

  it.each<[string, object]>([
    ['network', { network: 'host' }],
    ['network', { network: 'bridge' }],
    ['network', { network: 'container:other' }],
    ['network', { scheduler: 'swarm' }],
    ['connection', { connection: { host: 'engine.example', port: 2375 } }],
    ['connection', { connection: { host: 'h', ssh: { user: 'u' } } }],
    ['connection', { connection: { host: 'h', ssh: { user: 'u', hostKey: 'any' } } }],
    ['connection', { connection: { host: 'h/x', tls: TLS } }],
    ['connection', { connection: { socket: 'docker.sock' } }],
    ['user', { user: 'root' }],
    ['sizes', { sizes: {} }],
    ['sizes.small', { sizes: { small: { cpus: 0, memoryBytes: 1 << 30 } } }],
    ['sizes.small', { sizes: { small: { cpus: 1, memoryBytes: 1 } } }],
    ['maxMachines', { maxMachines: 0 }],
    ['sockets', { sockets: { runDir: '/run/../etc', doorsDir: '/run/doors' } }],
    ['sockets', { connection: { host: 'h', tls: TLS }, sockets: SOCKETS }],
    ['sockets', { ...SWARM, sockets: SOCKETS }],
    ['swarm', { ...SWARM, swarm: { zones: {} } }],
    ['configuration', { privileged: true }],
    ['configuration', { capAdd: ['ALL'] }],
    ['configuration', { binds: ['/:/host'] }],
  ])('is refused for its %s: %j', (word, config) => {
    expect(() => checkConfig(config, { owner: 'me' })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(word) }),
    )
  })

  it('is refused when it is no object', () => {
    for (const config of [null, 'x', 7, []]) {
      expect(() => checkConfig(config)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
  })
})
