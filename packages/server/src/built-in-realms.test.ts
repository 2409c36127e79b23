import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PlatformProcess } from './testing/platform-process.ts'

const PROGRAM = `zimki.library.require("library", "trimpath.js")
zimki.library.require("library", "trimpath.js")
zimki.publishPath("/", function () {
  var own = TrimPath.parseTemplate("{for x in list}\${x|h},{/for}").process({ list: ["a", "<b>"] })
  return own + zimki.render.trimpath("page", { list: [1, 2] })
})`

describe('the realms that a platform has from its first start', () => {
  let platform: PlatformProcess
  beforeAll(async () => {
    platform = await PlatformProcess.start()
  }, 60_000)
  afterAll(() => platform.close())

  it.each([
    ['welcome', /OpenZimki/],
    ['library', /trimpath\.js/],
  ])('%s answers', async (realm, text) => {
    const answer = await platform.get(realm, '/')
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringMatching(text)])
  })

  it('a program requires TrimPath of the library, twice, and zimki.render.trimpath renders all the same', async () => {
    await platform.deploy('shop', {
      kind: 'script',
      scripts: [{ name: 'main.js', source: PROGRAM }],
      templates: [{ name: 'page', source: '{for x in list}[${x}]{/for}' }],
    })
    expect(await (await platform.get('shop', '/')).text()).toBe('a,&lt;b&gt;,[1][2]')
  })
})
