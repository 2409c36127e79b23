import { get } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PlatformProcess } from './testing/platform-process.ts'

const PUBLIC = ['--base-domain', 'apps.example.org', '--public-url', 'https://apps.example.org']

describe('a platform behind a proxy, whose public address does not lead here', () => {
  let platform: PlatformProcess
  beforeAll(async () => {
    platform = await PlatformProcess.start([...PUBLIC, '--trust-proxy', 'loopback'])
  }, 60_000)
  afterAll(() => platform.close())

  const ask = (host: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; location: string; text: string }>((resolve, reject) => {
      const request = get({ port: platform.port, headers: { host, ...headers } }, async (response) => {
        const chunks = await response.toArray()
        const { statusCode: status = 0, headers } = response
        resolve({ status, location: headers.location ?? '', text: Buffer.concat(chunks).toString() })
      })
      request.once('error', reject)
    })

  it('greets newcomers all the same', async () => {
    expect(platform.announced).toMatchObject({
      url: 'https://apps.example.org',
      welcome: 'https://welcome.apps.example.org/',
    })
    expect(await ask('apps.example.org')).toMatchObject({
      status: 302,
      location: '//welcome.apps.example.org/',
    })
    expect(await ask('welcome.apps.example.org')).toMatchObject({
      status: 200,
      text: expect.stringMatching(/OpenZimki/),
    })
  })

  it('takes the word of the proxy for the scheme', async () => {
    const artifact = {
      kind: 'module',
      main: { name: 'main.js', source: 'export default { fetch: (r) => new Response(r.url) }' },
    } as const
    await platform.deploy('seen', artifact)
    expect((await ask('seen.apps.example.org', { 'x-forwarded-proto': 'https' })).text).toBe(
      'https://seen.apps.example.org/',
    )
    expect((await ask('seen.apps.example.org')).text).toBe('http://seen.apps.example.org/')
  })
})
