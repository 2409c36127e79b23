import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { readRealmFolder } from '../realm-folder/read-realm-folder.ts'
import { testCli } from '../testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function cli(files: Record<string, string> = {}) {
  const made = testCli({ files })
  removals.push(made.folder.remove)
  return made
}

describe('zimki init', () => {
  it.each(['script', 'module'])('makes a %s realm that can be deployed as it is', async (type) => {
    const { run, folder, output } = cli()
    expect(await run('init', 'My First_Realm', '--type', type)).toBe(0)
    expect(output.out).toContain('zimki deploy My First_Realm')
    const realm = await readRealmFolder(join(folder.path, 'My First_Realm'))
    expect([realm.name, realm.artifact.kind]).toEqual(['my-first-realm', type])
  })

  it('writes over nothing', async () => {
    const { run, folder, output } = cli({ 'hello/notes.txt': 'mine' })
    expect(await run('init', 'hello')).toBe(1)
    expect(output.err).toContain('not empty')
    await expect(readRealmFolder(join(folder.path, 'hello'))).rejects.toThrow('no realm.json')
  })

  it('asks for a name that a realm can have', async () => {
    const { run } = cli()
    expect(await run('init', 'api')).toBe(2)
    expect(await run('init', 'api', '--name', 'my-api')).toBe(0)
  })
})
