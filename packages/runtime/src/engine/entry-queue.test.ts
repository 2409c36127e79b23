import { describe, expect, it } from '@jest/globals'
import { TestCell } from '../testing/test-cell.ts'

const PROGRAM = `let served = 0
export default { fetch(request) {
  const { pathname } = new URL(request.url)
  served++
  if (pathname === '/loop') for (;;);
  if (pathname === '/storm') (function storm() { Promise.resolve().then(storm) })()
  if (pathname === '/later') return new Promise((done) => setTimeout(() => done(new Response('later')), 5))
  return new Response(pathname + ' ' + served) } }`

describe('entries that cross into an isolate together', () => {
  it('one that is stopped fails alone: those before it are answered, those after it run', async () => {
    const cell = await TestCell.open()
    try {
      const realm = await cell.module(PROGRAM, { cpuMs: 700 })
      // Batches grow while all is answered at once.
      for (let round = 0; round < 6; round++)
        await Promise.all(Array.from({ length: 32 }, () => realm.text('/quick')))
      const paths = ['/a', '/loop', '/b', '/later', '/c', '/storm', '/d', '/e']
      const answers = await Promise.all(paths.map((path) => realm.text(path).catch((error) => error.message)))
      expect(answers[1]).toContain('cpuMs')
      expect(answers[5]).toContain('cpuMs')
      expect(answers[3]).toBe('later')
      for (const index of [0, 2, 4, 6, 7])
        expect(answers[index]).toMatch(new RegExp(`^${paths[index]} \\d+$`))
      const numbers = [0, 2, 4, 6, 7].map((index) => Number(answers[index].split(' ')[1]))
      expect(new Set(numbers).size).toBe(5)
    } finally {
      await cell.close()
    }
  })

  it('calls made after an answer that waits are those of its own request', async () => {
    const cell = await TestCell.open()
    try {
      const realm = await cell.module(`export default { async fetch(request, env) {
        const name = new URL(request.url).pathname
        for (let n = 0; n < 3; n++) await env.zimki.classes.Visit.create({ name })
        return new Response(String(await env.zimki.classes.Visit.count({ name }))) } }`)
      const paths = Array.from({ length: 20 }, (_, index) => `/${index}`)
      expect(await Promise.all(paths.map((path) => realm.text(path)))).toEqual(paths.map(() => '3'))
      const rows = () => cell.windows.flatMap((window) => window.rows)
      await cell.until(() => rows().reduce((sum, row) => sum + row.requests, 0) === 20)
      expect(rows().reduce((sum, row) => sum + row.storeWrites, 0)).toBe(20 * 6)
    } finally {
      await cell.close()
    }
  })
})
