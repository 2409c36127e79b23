import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { readRealmFolder } from '@openzimki/cli'

const folder = (name: string) => new URL(`../${name}`, import.meta.url).pathname

describe('the realms that come with the platform', () => {
  it.each(['welcome', 'library'])('%s can be deployed', async (name) => {
    expect((await readRealmFolder(folder(name))).name).toBe(name)
  })

  it('shares TrimPath as its own package makes it', async () => {
    const { artifact } = await readRealmFolder(folder('library'))
    expect(artifact.shared).toEqual(['trimpath.js'])
    const made = new URL('../../trimpath/library/trimpath.js', import.meta.url)
    const shipped = readFileSync(`${folder('library')}/files/trimpath.js`, 'utf8')
    // Copied by hand: cp packages/trimpath/library/trimpath.js packages/server/library/files/
    expect(shipped).toBe(readFileSync(made, 'utf8'))
  })
})
