import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Browser, type Page } from '../browser.ts'
import { startServer, type TestServer } from '../harness.ts'

let server: TestServer
let browser: Browser
beforeAll(async () => {
  server = await startServer()
  browser = new Browser((await server.deploy('service', 'service')).url)
}, 60_000)
afterAll(() => server?.close())

const call = (method: string, args: Record<string, string> = {}): Promise<Page> =>
  browser.get(`/zimki?${new URLSearchParams({ method, ...args })}`)

describe('the service', () => {
  it('passes its own unit tests', async () => {
    const report = await server.client.tests.run({ params: { realm: 'service' }, body: {} })
    expect(report).toMatchObject({ ok: true })
    expect(report.tap).toContain('ok 1 - cities.js')
  })

  it('pours its answer into the shape of the example', async () => {
    const { headers, text } = await call('example.cities.search', { country: 'GB' })
    expect(headers.get('content-type')).toBe('text/xml; charset=utf-8')
    expect(text).toContain(
      '<rsp stat="ok"><cities total="2"><city name="Edinburgh" country="GB"><population>514990</population></city>',
    )
  })

  it('answers JSON, and JSON for a page of another site', async () => {
    const args = { country: 'DE', _type: 'json' }
    const json = JSON.parse((await call('example.cities.search', args)).text)
    expect(json).toMatchObject({ stat: 'ok', data: { city: [{ name: 'Berlin' }] } })
    const jsonp = await call('example.cities.search', { ...args, _json_callback: 'show' })
    expect(jsonp.text).toMatch(/show\(\{[\s\S]*Berlin[\s\S]*\}\)/)
  })

  it('stores what it is given, and finds it again', async () => {
    const added = await call('example.cities.add', {
      name: 'Leeds & <more>',
      country: 'GB',
      population: '822483',
    })
    expect(added.text).toContain('name="Leeds &amp; &lt;more&gt;"')
    expect((await call('example.cities.search', { larger_than: '800000', country: 'GB' })).text).toContain(
      'total="2"',
    )
  })

  it.each([
    ['example.text.count', {}, 'perl.methodcall.param'],
    ['example.nothing', {}, 'froody.invoke.nosuchmethod'],
    [
      'example.cities.add',
      { name: 'x', country: 'lower', population: '1' },
      'country must be two capital letters',
    ],
  ])('%s %j fails in the envelope with %s', async (method, args, text) => {
    const answer = await call(method, args as Record<string, string>)
    expect(answer.text).toContain('<rsp stat="fail"><err ')
    expect(answer.text).toContain(text)
  })

  it('describes itself', async () => {
    expect((await call('froody.reflection.getMethods')).text).toContain(
      '<method>example.cities.search</method>',
    )
    const info = await call('froody.reflection.getMethodInfo', { method_name: 'example.cities.search' })
    expect(info.text).toMatch(/name="country" optional="1"/)
  })
})
