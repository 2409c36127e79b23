import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { temporaryFolder } from './testing/temporary-folder.ts'
import { watchFolder } from './watch-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let stop: AbortController
let path: string

beforeEach(() => {
  folder = temporaryFolder({ 'app/templates/a.html': '1', 'app/node_modules/x/y.js': '1' })
  stop = new AbortController()
  path = join(folder.path, 'app')
})
afterEach(() => {
  stop.abort()
  folder.remove()
})

describe('watchFolder', () => {
  it('tells of files that change, come and go, also in folders that came later', async () => {
    const bursts = watchFolder(path, stop.signal)
    const change = async (act: () => void) => {
      const next = bursts.next()
      act()
      return (await next).done
    }
    expect(await change(() => folder.write('app/templates/a.html', '2'))).toBe(false)
    expect(await change(() => rmSync(join(path, 'templates'), { recursive: true }))).toBe(false)
    expect(await change(() => mkdirSync(join(path, 'templates')))).toBe(false)
    expect(await change(() => folder.write('app/templates/b.html', '3'))).toBe(false)
    expect(await change(() => stop.abort())).toBe(true)
  })

  it('goes on with the folder that stands there after it was renamed away', async () => {
    const bursts = watchFolder(path, stop.signal)
    const away = join(folder.path, 'away')
    renameSync(path, away)
    expect((await bursts.next()).done).toBe(false)
    renameSync(away, path)
    expect((await bursts.next()).done).toBe(false)
    folder.write('app/templates/a.html', '2')
    expect((await bursts.next()).done).toBe(false)
  })

  it('throws at once where there is nothing', () => {
    expect(() => watchFolder(join(folder.path, 'nowhere'), stop.signal)).toThrow('cannot be watched')
  })
})
