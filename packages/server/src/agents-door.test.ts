import { afterEach, describe, expect, it } from '@jest/globals'
import type { PoolOptions } from '@openzimki/control'
import { generateIdentity, type LinkListener, listenLinks } from '@openzimki/link'
import { isNear, openAgentsDoor, requireDoor } from './agents-door.ts'
import type { UpOptions } from './up-options.ts'

const identity = generateIdentity()
const listeners: LinkListener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})

const listenAgents = async (address: string): Promise<LinkListener> => {
  const listener = await listenLinks(address, () => undefined, { identity })
  listeners.push(listener)
  return listener
}

const open = (agentsAddress?: string, agentsListen?: string) =>
  openAgentsDoor({ listenAgents }, { agentsAddress, agentsListen } as UpOptions)

const pool = (sharesSockets?: boolean) =>
  ({ name: 'far', provider: { name: 'docker', manifest: { sharesSockets } } }) as PoolOptions

describe('the door for agents of other hosts', () => {
  it('is not there unless it is asked for', async () => {
    expect(await open()).toBeNull()
    expect(listeners).toEqual([])
  })

  it('is told by its real port, or by the name that leads to it', async () => {
    expect(await open('127.0.0.1:0')).toBe(listeners[0]?.address)
    expect(await open('platform.example:7443', '127.0.0.1:0')).toBe('tls:platform.example:7443')
    expect(await open('[2001:db8::1]:7443', '127.0.0.1:0')).toBe('tls:[2001:db8::1]:7443')
  })

  it.each([
    ['nonsense', undefined, '--agents-address: write <host>:<port>'],
    ['127.0.0.1:0', '/socket', '--agents-listen: write <host>:<port>'],
    [undefined, '127.0.0.1:0', '--agents-listen needs --agents-address'],
    ['203.0.113.7:0', undefined, 'say with --agents-listen <host:port>'],
  ])('is refused at %s %s with what to do', async (address, listen, hint) => {
    await expect(open(address, listen)).rejects.toThrow(hint)
  })

  it('is demanded where machines share no sockets, and only there', () => {
    expect([isNear(pool(true)), isNear(pool(false)), isNear(pool())]).toEqual([true, false, false])
    requireDoor([pool(true)], {} as UpOptions)
    requireDoor([pool()], { agentsAddress: 'x:1' } as UpOptions)
    expect(() => requireDoor([pool(true), pool()], {} as UpOptions)).toThrow(
      "pool far (docker) do not share this host's sockets",
    )
  })
})
