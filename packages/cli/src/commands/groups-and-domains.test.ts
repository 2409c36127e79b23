import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { UUID } from '../testing/answers.ts'
import { type TestSetup, testCli } from '../testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function cli(setup: TestSetup = {}) {
  const made = testCli(setup)
  removals.push(made.folder.remove)
  return made
}

const editors = { id: UUID, name: 'editors', createdAt: 'now', members: [UUID] }
const ada = { id: UUID, username: 'ada', createdAt: 'now', groups: ['editors'] }
const domain = { host: 'www.example.com', realm: UUID, key: UUID, createdAtMs: 0 }
const realm = ['--realm', 'hello']

describe('zimki groups', () => {
  it('lists every page, and names who is in them', async () => {
    const answers = {
      'groups.list': ({ query }: { query: Record<string, string> }) =>
        query.after === 'two'
          ? { items: [{ ...editors, name: 'nobody', members: [] }], next: null }
          : { items: [editors], next: 'two' },
      'users.list': () => ({ items: [ada], next: null }),
    }
    const people = cli({ answers })
    expect(await people.run('groups', ...realm)).toBe(0)
    const [, first, second] = people.output.out.split('\n')
    expect([first?.endsWith('ada'), second?.endsWith('-')]).toEqual([true, true])
    const programs = cli({ answers })
    expect(await programs.run('groups', ...realm, '--json')).toBe(0)
    expect(programs.json()).toMatchObject({ items: [editors, { name: 'nobody' }] })
    expect(programs.calls.every((call) => call.route === 'groups.list')).toBe(true)
  })

  it('creates and deletes groups, puts users in and takes them out', async () => {
    const answer = () => editors
    const answers = {
      'groups.create': answer,
      'groups.addMember': answer,
      'groups.removeMember': answer,
      'groups.delete': () => null,
    }
    const { run, calls, output } = cli({ answers })
    expect(await run('groups', 'create', 'editors', ...realm)).toBe(0)
    expect(await run('groups', 'add', 'editors', 'ada', ...realm)).toBe(0)
    expect(await run('groups', 'remove', 'editors', 'ada', ...realm)).toBe(0)
    expect(await run('groups', 'delete', 'editors', ...realm)).toBe(0)
    expect(calls.map(({ route, params }) => [route, params])).toEqual([
      ['groups.create', { realm: 'hello' }],
      ['groups.addMember', { realm: 'hello', group: 'editors', user: 'ada' }],
      ['groups.removeMember', { realm: 'hello', group: 'editors', user: 'ada' }],
      ['groups.delete', { realm: 'hello', group: 'editors' }],
    ])
    expect(calls[0]!.body).toEqual({ name: 'editors' })
    expect(output.out).toContain('ada is in editors\nada is not in editors\neditors is deleted\n')
  })

  it('says what the server says', async () => {
    const error = new PlatformError('NOT_FOUND', 'The realm hello has no group x')
    const { run, output } = cli({ answers: { 'groups.delete': () => error } })
    expect(await run('groups', 'delete', 'x', ...realm, '--json')).toBe(1)
    expect(output.err).toBe('zimki: The realm hello has no group x\n')
    expect(JSON.parse(output.out)).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })
})

describe('zimki domains', () => {
  it('lists every page', async () => {
    const answers = {
      'domains.list': ({ query }: { query: Record<string, string> }) =>
        query.after === 'two'
          ? { items: [{ ...domain, host: 'b.example.com' }], next: null }
          : { items: [domain], next: 'two' },
    }
    const { run, json } = cli({ answers })
    expect(await run('domains', ...realm, '--json')).toBe(0)
    expect(json()).toMatchObject({ items: [domain, { host: 'b.example.com' }] })
  })

  it('adds one in lower case, through the key that is named, and removes it', async () => {
    const { run, calls, output } = cli({
      answers: { 'domains.create': () => domain, 'domains.delete': () => null },
    })
    expect(await run('domains', 'add', 'WWW.Example.com', ...realm, '--key', 'hello')).toBe(0)
    expect(await run('domains', 'remove', 'WWW.example.com', ...realm)).toBe(0)
    expect(calls[0]!.body).toEqual({ host: 'www.example.com', key: 'hello' })
    expect(calls[1]!.params).toEqual({ realm: 'hello', host: 'www.example.com' })
    expect(output.out).toContain('DNS record of www.example.com')
    expect(output.out).toContain('www.example.com no longer leads to hello')
  })

  it.each(['10.0.0.1', 'localhost', 'http://www.example.com/', 'a..example.com'])(
    'refuses %s before it asks the server',
    async (host) => {
      const { run, output, calls } = cli()
      for (const action of ['add', 'remove']) expect(await run('domains', action, host, ...realm)).toBe(2)
      expect(output.err).toContain(`"${host}" is not a host name. Give one such as www.example.com`)
      expect(calls).toEqual([])
    },
  )
})
