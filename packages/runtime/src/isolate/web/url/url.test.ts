import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from '../../module-kind/testing/test-realm.ts'
import { baseUrls, oddUrls, randomHosts, randomUrls, setterCases } from './testing/odd-urls.ts'

const PARTS = 'href origin protocol username password host hostname port pathname search hash'.split(' ')

let realm: TestRealm
beforeAll(async () => {
  realm = await openTestRealm()
})
afterAll(() => realm.dispose())

type Case = [input: string, base: string | null]

/** Runs in the isolate and here, so it closes over nothing. */
function takeApart(cases: Case[], parts: string[]): (string[] | string)[] {
  return cases.map(([input, base]) => {
    try {
      const url = base === null ? new URL(input) : new URL(input, base)
      return parts.map((part) => url[part as 'href'])
    } catch (error) {
      return (error as Error).name
    }
  })
}

async function expectSame(cases: Case[]): Promise<void> {
  const ours = (await realm.run(
    `(${takeApart})(${JSON.stringify(cases)}, ${JSON.stringify(PARTS)})`,
  )) as unknown[]
  const theirs = takeApart(cases, PARTS)
  const differences = cases.flatMap((each, index) =>
    JSON.stringify(ours[index]) === JSON.stringify(theirs[index])
      ? []
      : [{ case: each, ours: ours[index], theirs: theirs[index] }],
  )
  expect(differences).toEqual([])
}

describe('URL against Node', () => {
  it('parses odd URLs the same', () => expectSame(oddUrls.map((url) => [url, null])))

  it('resolves odd URLs against odd bases the same', () =>
    expectSame(baseUrls.flatMap((base) => oddUrls.map((url): Case => [url, base]))))

  it('parses thousands of random URLs the same', () =>
    expectSame(
      randomUrls(6000).map((url, index) => [url, index % 3 ? null : baseUrls[index % baseUrls.length]!]),
    ))

  it('sets each part the same', async () => {
    const run = (cases: [string, string, string][], parts: string[]) =>
      cases.map(([href, part, value]) => {
        const url = new URL(href)
        url[part as 'hash'] = value
        return parts.map((each) => url[each as 'href'])
      })
    const cases = setterCases()
    const ours = (await realm.run(
      `(${run})(${JSON.stringify(cases)}, ${JSON.stringify(PARTS)})`,
    )) as unknown[]
    const theirs = run(cases, PARTS)
    const differences = cases.flatMap((each, index) =>
      JSON.stringify(ours[index]) === JSON.stringify(theirs[index])
        ? []
        : [[each, ours[index]![0 as never], theirs[index]![0]]],
    )
    expect(differences).toEqual([])
  })

  // Node takes a label for valid as soon as it holds a joiner in its right place, and does not look at its direction.
  it('reads thousands of international host names the same', () =>
    expectSame(
      randomHosts(8000)
        .filter((url) => !/[\u200c\u200d]/.test(url) || !/[\u0590-\u06ff]/.test(url))
        .map((url) => [url, null]),
    ))

  it('maps every code point in a host name the same, save marks and right-to-left letters that Node does not know', async () => {
    const sweep = () => {
      const hosts: string[] = []
      for (let point = 0x80; point < 0xe0200; point++) {
        if (point === 0xd800) point = 0xe000
        if (point === 0x32000) point = 0xe0000
        for (const host of [`a${String.fromCodePoint(point)}b`, String.fromCodePoint(point)]) {
          hosts.push(`${point.toString(16)} ${URL.parse(`http://${host}/`)?.hostname ?? 'invalid'}`)
        }
      }
      return hosts.join('\n')
    }
    const ours = ((await realm.run(`(${sweep})()`)) as string).split('\n')
    const theirs = sweep().split('\n')
    const different = ours.filter((each, index) => each !== theirs[index])
    const newer = /[\p{M}\u{590}-\u{8ff}\u{fb1d}-\u{fdff}\u{10800}-\u{10fff}]/u
    const unexplained = different.filter((each) => {
      const [point, host] = each.split(' ')
      return host !== 'invalid' || !newer.test(String.fromCodePoint(Number.parseInt(point!, 16)))
    })
    expect(unexplained).toEqual([])
    expect(different.length).toBeLessThan(500)
  })

  // Were any of these quadratic, the isolate would be stopped long before it is done.
  it('is not slowed down by long hostile texts', async () => {
    const done = await realm.run(`(() => {
      const spaces = ' '.repeat(200_000)
      URL.parse('http://a/' + spaces + 'x' + spaces + 'y')
      URL.parse('http://' + '\u00e9\u4e2d'.repeat(100_000))
      URL.parse('http://a/' + '../'.repeat(100_000))
      new Headers({ a: 'x' + spaces + 'y' })
      return 'done'
    })()`)
    expect(done).toBe('done')
  })

  it.each([
    ['\u00e9', 8192],
    ['\u00e9', 8193],
    ['\u4e2d', 5461],
    ['\u4e2d', 5462],
  ])('draws the line at the same length of a host name: %s times %d', (character, times) =>
    expectSame([[`http://${character.repeat(times)}/`, null]]),
  )
})
