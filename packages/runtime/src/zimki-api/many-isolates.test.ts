import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

let cell: TestCell
let other: TestCell
/** Does not answer before it is told to, so that the isolate which asks is busy. */
let server: Server
let held: PromiseWithResolvers<ServerResponse>

beforeAll(async () => {
  server = createServer((_, response) => held.resolve(response)).listen(0, '127.0.0.1')
  cell = await TestCell.open({ allow: ['127.0.0.1/32'] })
  other = await TestCell.open({ beside: cell })
})
afterAll(async () => {
  await other.close()
  await cell.close()
  server.close()
})

const program = (more = '') => `${more}
zimki.publishPath("hold", function () { zimki.remote.get("http://127.0.0.1:${(server.address() as AddressInfo).port}/") })
zimki.publishPath("run", function (args) { try { return String(eval(args.code)) } catch (e) { return e.message } })`

const run = (realm: TestRealm, code: string) => realm.text(`/run?code=${encodeURIComponent(code)}`)

/** What two isolates answer: while one is busy, the other runs `code`, then they change places. */
async function inBoth(realm: TestRealm, codes: [string, string]): Promise<string[]> {
  const holding = () => {
    held = Promise.withResolvers()
    return realm.text('/hold')
  }
  const first = holding()
  const response = await held.promise
  const one = await run(realm, codes[0])
  // The last to be free is the next to run: this takes the one that has just answered.
  const second = holding()
  const later = await held.promise
  response.end()
  await first
  const two = await run(realm, codes[1])
  later.end()
  await second
  return [one, two]
}

/** Asks until it is so; a test that waits in vain ends by its own time limit. */
async function until(realm: TestRealm, code: string, wanted: string): Promise<void> {
  while ((await run(realm, code)) !== wanted) await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('ZIMKI-API 3: a class made by zimki.persist.create', () => {
  it('has its global in the other isolates too', async () => {
    const realm = await cell.script(program())
    const made = 'zimki.persist.create("Note"); Note.create({ text: "one" }); typeof Note'
    const found = 'typeof Note + Note.search().length'
    expect(await inBoth(realm, [made, found])).toEqual(['function', 'function1'])
  })

  it('takes no global from a program that has one of its own', async () => {
    const realm = await cell.script(program('var Note = "mine"'))
    const codes: [string, string] = ['zimki.persist.create("Note"); typeof Note', 'Note']
    expect(await inBoth(realm, codes)).toEqual(['function', 'mine'])
  })

  it('may be kept in a variable of its own name', async () => {
    const realm = await cell.script(program('var Note = zimki.persist.create("Note")'))
    expect(await run(realm, 'Note.create({ text: "one" }); Note.search().length')).toBe('1')
  })

  it('has its global where creating it again throws', async () => {
    const realm = await cell.script(program())
    await cell.objects.batch(realm.realm, 1, [{ op: 'createClass', className: 'Note' }])
    const again =
      'var said; try { zimki.persist.create("Note") } catch (e) { said = e.message } said + typeof Note'
    expect(await run(realm, again)).toMatch(/exists.*function$/)
  })

  it('has its global in other cells after a while', async () => {
    const here = await cell.script(program())
    const there = await other.alsoRuns(here, cell)
    expect(await run(there, 'typeof Note')).toBe('undefined')
    await run(here, 'zimki.persist.create("Note")')
    await until(there, 'typeof Note', 'function')
  })
})

describe('ZIMKI-API 6: zimki.file, of a realm in two cells', () => {
  it('shows what the other has created, published, replaced, unpublished and deleted', async () => {
    const here = await cell.script(program())
    const there = await other.alsoRuns(here, cell)
    const content = 'var f = zimki.file.get("a.txt"); f ? f.content : "none"'
    expect(await run(there, content)).toBe('none')
    await run(here, 'zimki.file.create({ path: "a.txt", content: "one" }).publish("/a.txt")')
    await until(there, content, 'one')
    expect(await there.text('/a.txt')).toBe('one')
    await run(here, 'zimki.file.create({ path: "a.txt", content: "two" })')
    await until(there, content, 'two')
    // This cell knows now, and what it does itself it sees at once.
    await run(there, 'zimki.file.create({ path: "a.txt", content: "three" }).unpublish()')
    expect(await run(there, content)).toBe('three')
    await until(here, content, 'three')
    expect((await here.request('/a.txt')).status).toBe(404)
    await run(here, 'zimki.file.get("a.txt").deleteInstance()')
    await until(there, content, 'none')
  }, 30_000)

  it('is one file, though both create it without knowing of each other', async () => {
    const here = await cell.script(program())
    const there = await other.alsoRuns(here, cell)
    const create = (text: string) => `zimki.file.create({ path: "a.txt", content: "${text}" }).path`
    await Promise.all([run(here, create('here')), run(there, create('there'))])
    expect(await cell.objects.count(here.realm, 'zimki_file', {})).toBe(1)
  })

  it('goes on with what it knows while the store does not answer', async () => {
    const here = await cell.script(program())
    await run(here, 'zimki.file.create({ path: "a.txt", content: "one" }).publish("/a.txt")')
    const asked = cell.objects.listClasses
    let asks = 0
    cell.objects.listClasses = () => {
      asks += 1
      return new Promise(() => undefined)
    }
    try {
      while (asks === 0) expect(await here.text('/a.txt')).toBe('one')
      expect(await here.text('/a.txt')).toBe('one')
      expect(asks).toBe(1)
    } finally {
      cell.objects.listClasses = asked
    }
  })
})

describe('ZIMKI-API 5: a template in a file that programs replace', () => {
  it('is rendered as it is now, in every isolate', async () => {
    const realm = await cell.script(program())
    const put = (text: string) => `zimki.file.create({ path: "t", content: "${text}" }); `
    const trimpath = 'zimki.render.trimpath("t", { n: 1 })'
    const tal = 'zimki.render.tal("t", { n: 1 })'
    expect(await inBoth(realm, [put('a ${n}') + trimpath, trimpath])).toEqual(['a 1', 'a 1'])
    expect(await inBoth(realm, [put('b ${n}') + trimpath, trimpath])).toEqual(['b 1', 'b 1'])
    const markup = (name: string) => put(`<p tal:content='string:${name}'></p>`) + tal
    expect(await inBoth(realm, [markup('c'), tal])).toEqual(['<p>c</p>', '<p>c</p>'])
    expect(await inBoth(realm, [markup('d'), tal])).toEqual(['<p>d</p>', '<p>d</p>'])
    expect(await run(realm, `zimki.file.get("t").deleteInstance(); ${tal}`)).toMatch(
      /no template or file "t"/,
    )
  })

  it('is no way to fill the memory of the cell: what is larger than 32 MiB is refused', async () => {
    const before = await cell.script(program())
    await cell.objects.batch(before.realm, 1, [
      { op: 'createClass', className: 'zimki_file' },
      {
        op: 'put',
        className: 'zimki_file',
        id: '00000000-0000-8000-8000-00000000000a',
        data: {
          path: 'huge',
          mimetype: 'text/plain',
          digest: '1'.repeat(64),
          size: 33_554_433,
          publishedAs: null,
        },
      },
    ])
    const realm = await other.alsoRuns(before, cell)
    for (const way of [
      'zimki.render.tal("huge")',
      'zimki.library.require("huge")',
      'zimki.file.get("huge").content',
    ])
      expect(await run(realm, way)).toMatch(/"huge" has 33554433 bytes.*publish it/)
  })
})
