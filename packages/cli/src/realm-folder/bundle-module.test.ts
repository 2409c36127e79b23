import { afterEach, describe, expect, it } from '@jest/globals'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { readRealmFolder } from './read-realm-folder.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

/** A module realm two folders deep, so that a parent's node_modules and files outside the realm can be there. */
function moduleRealm(files: Record<string, string>, main = 'src/main.ts') {
  const folder = temporaryFolder({ 'app/realm/realm.json': JSON.stringify({ type: 'module', main }) })
  removals.push(folder.remove)
  for (const [name, content] of Object.entries(files))
    folder.write(name.startsWith('/') ? name.slice(1) : `app/realm/${name}`, content)
  return `${folder.path}/app/realm`
}

const pkg = (name: string, fields: object = {}) => JSON.stringify({ name, main: 'index.js', ...fields })

describe('module realms', () => {
  it('bundles TypeScript and packages of a parent folder into one module with a map of the sources', async () => {
    const path = moduleRealm({
      'src/main.ts':
        'import { greet } from "./greet"\nimport { shout } from "shout"\nexport default { fetch: () => new Response(shout(greet("you" as string))) }',
      'src/greet.ts': 'export const greet = (name: string): string => "hello " + name',
      '/node_modules/shout/package.json': pkg('shout', {
        exports: { worker: './worker.js', default: './node.js' },
      }),
      '/node_modules/shout/worker.js': 'export const shout = (text) => text + " from a worker"',
      '/node_modules/shout/node.js': 'export const shout = (text) => text + " from node"',
    })
    const { artifact } = await readRealmFolder(path)
    expect(artifact).toMatchObject({ kind: 'module', scripts: [], main: { name: 'src/main.ts' } })
    expect(artifact.main!.source).toMatch(/from a worker/)
    expect(artifact.main!.source).not.toMatch(/from node|import |: string/)
    const map = JSON.parse(artifact.main!.map!)
    expect(map.sources).toContain('src/greet.ts')
    expect(map.sourcesContent[map.sources.indexOf('src/greet.ts')]).toContain('greet = (name: string)')
    expect(artifact.main!.map).not.toContain(path)
  })

  it.each(['main.js', 'src/main.mjs'])('takes %s as the entry as well', async (main) => {
    const path = moduleRealm(
      {
        [main]: 'import { word } from "./word.js"\nexport default { fetch: () => new Response(word) }',
        [main.replace(/main\.m?js/, 'word.js')]: 'export const word = "of another file"',
      },
      main,
    )
    const { artifact } = await readRealmFolder(path)
    expect(artifact).toMatchObject({ kind: 'module', scripts: [], main: { name: main } })
    expect(artifact.main!.source).toMatch(/of another file/)
    expect(artifact.main!.source).not.toMatch(/import /)
  })

  it('shows a syntax error with file, line, column and the source line', async () => {
    const path = moduleRealm({ 'src/main.ts': 'export default {\n  fetch() { return = 1 }\n}' })
    await expect(readRealmFolder(path)).rejects.toMatchObject({
      code: 'SCRIPT_ERROR',
      message: expect.stringMatching(
        /^src\/main\.ts:2:20: .*\n {2}2 \| {3}fetch\(\) \{ return = 1 \}\n {4}\| {20}\^/,
      ),
      details: { file: 'src/main.ts', line: 2, column: 20 },
    })
  })

  it('names the importer of a module of Node and says what to use', async () => {
    const path = moduleRealm({
      'src/main.ts': 'import { readFileSync } from "node:fs"\nexport default readFileSync',
    })
    await expect(readRealmFolder(path)).rejects.toThrow(
      /main\.ts:1:30: .*"node:fs" is a module of Node, imported by src\/main\.ts/,
    )
    const bare = moduleRealm({
      'src/main.ts': 'import "dep"',
      'node_modules/dep/package.json': pkg('dep'),
      'node_modules/dep/index.js': 'require("child_process")',
    })
    await expect(readRealmFolder(bare)).rejects.toThrow(
      /child_process.*imported by node_modules\/dep\/index\.js/,
    )
  })

  it('takes a package that is named like a module of Node', async () => {
    const path = moduleRealm({
      'src/main.ts': 'import events from "events"\nexport default events',
      'node_modules/events/package.json': pkg('events'),
      'node_modules/events/index.js': 'module.exports = "polyfilled"',
    })
    expect((await readRealmFolder(path)).artifact.main!.source).toContain('polyfilled')
  })

  it.each(['../../secret.txt', '../../secret', '/etc/hostname'])(
    'refuses the import of %s, outside the realm',
    async (target) => {
      const path = moduleRealm({
        'src/main.ts': `import x from ${JSON.stringify(target)}\nexport default x`,
        '/app/secret.txt': 'password',
        '/app/secret.ts': 'export default 1',
      })
      await expect(readRealmFolder(path)).rejects.toThrow(/leads out of the realm folder|No loader/)
    },
  )

  it.each([
    ['../main.ts', /outside the realm folder/],
    ['src/absent.ts', /does not exist/],
  ])('refuses the entry %s', async (main, message) => {
    await expect(readRealmFolder(moduleRealm({ '/app/main.ts': '1' }, main))).rejects.toThrow(message)
  })

  it('says which import could not be found', async () => {
    const path = moduleRealm({ 'src/main.ts': 'import "not-installed"' })
    await expect(readRealmFolder(path)).rejects.toThrow(
      /src\/main\.ts:1:8: Could not resolve "not-installed"/,
    )
  })
})
