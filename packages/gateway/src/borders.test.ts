import { describe, expect, it } from '@jest/globals'
import type { RouteKey } from '@openzimki/placement'
import { AnswerReader } from './answer-reader.ts'
import { readAnswer, safeHeaders } from './cell-answer.ts'
import { readHeaders } from './client-headers.ts'
import { hostName } from './host-name.ts'
import { readTarget } from './request-target.ts'
import { scopeCookie } from './set-cookie.ts'

const OWN = { root: '', baseDomains: ['localhost', 'apps.example.com'] }
const SHARED = { ...OWN, root: '/u/wiki' }

describe('hostName', () => {
  it.each([
    ['Wiki.LocalHost:8080', 'wiki.localhost'],
    ['wiki.localhost.', 'wiki.localhost'],
    ['[::1]:80', '[::1]'],
    ['127.0.0.1', '127.0.0.1'],
    ['a_b.localhost', 'a_b.localhost'],
  ])('%s is %s', (header, name) => expect(hostName(header)).toBe(name))

  it.each([
    '',
    ':80',
    'a b',
    'a/b',
    'a:b',
    'a:1:2',
    'a@b',
    'a..',
    '.a',
    'a%00',
    'é',
    'a:123456',
    `${'a'.repeat(254)}`,
  ])('%j is none', (header) => expect(hostName(header)).toBeNull())
})

describe('readTarget', () => {
  it.each([
    ['/a?b?c', ['h', '/a', '?b?c']],
    ['//a', ['h', '//a', '']],
    ['http://Other:80/a?b', ['Other:80', '/a', '?b']],
    ['https://other', ['other', '/', '']],
    ['http://other?x', ['other', '/', '?x']],
  ])('reads %s', (url, [authority, path, query]) =>
    expect(readTarget(url, 'h')).toEqual({ authority, path, query }),
  )

  it.each(['', '*', 'a', 'ftp://a/', 'http:///a', 'http://user@a/', 'javascript:1'])('refuses %j', (url) => {
    expect(() => readTarget(url, 'h')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

describe('readHeaders', () => {
  it('keeps what is the request’s, lower-cased and in order, repeats included', () => {
    const { forCell, host, contentLength } = readHeaders([
      'Host',
      'h',
      'X-A',
      '1',
      'x-a',
      '2',
      'Content-Length',
      '5',
    ])
    expect([forCell, host, contentLength]).toEqual([
      ['host', 'h', 'x-a', '1', 'x-a', '2', 'content-length', '5'],
      'h',
      5,
    ])
  })

  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Anything',
    'X-Real-IP',
    'HTTP2-Settings',
  ])('keeps %s from the cell', (name) => {
    expect(readHeaders(['Host', 'h', name, 'x']).forCell).toEqual(['host', 'h'])
  })

  it('drops what Connection names, but nothing that says what the request is', () => {
    const raw = [
      'Host',
      'h',
      'Cookie',
      'c',
      'X-Hop',
      '1',
      'Authorization',
      'a',
      'Connection',
      'close, X-Hop, Cookie, authorization, HOST',
    ]
    expect(readHeaders(raw).forCell).toEqual(['host', 'h', 'cookie', 'c', 'authorization', 'a'])
  })

  it.each([
    ['no host', []],
    ['two hosts', ['Host', 'a', 'Host', 'b']],
    ['two lengths', ['Host', 'a', 'Content-Length', '1', 'Content-Length', '1']],
    ['a list of lengths', ['Host', 'a', 'Content-Length', '1, 1']],
    ['a signed length', ['Host', 'a', 'Content-Length', '+1']],
    ['a length and chunks', ['Host', 'a', 'Content-Length', '1', 'Transfer-Encoding', 'chunked']],
    ['another coding', ['Host', 'a', 'Transfer-Encoding', 'gzip, chunked']],
  ])('refuses %s', (_, raw) => {
    expect(() => readHeaders(raw)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

describe('scopeCookie', () => {
  it.each([
    ['a=b', 'a=b; Path=/u/wiki/'],
    ['a=b; Path=/; HttpOnly', 'a=b; HttpOnly; Path=/u/wiki/'],
    ['a=b; path=/u/wiki/x', 'a=b; Path=/u/wiki/x'],
    ['a=b; PATH = /u/other/; Path=/u/wiki/y', 'a=b; Path=/u/wiki/y'],
    ['a=b; Path=/u/wiki/../other', 'a=b; Path=/u/wiki/'],
    ['a=b; Path=/u/wiki/%2e%2e/other', 'a=b; Path=/u/wiki/'],
    ['a=b; Path=/u/wikileaks', 'a=b; Path=/u/wiki/'],
    ['a=b; Domain=localhost; Secure', 'a=b; Secure; Path=/u/wiki/'],
    ['a=b; domain', 'a=b; Path=/u/wiki/'],
    ['a', 'a; Path=/u/wiki/'],
  ])('on a shared origin %j becomes %j', (cookie, expected) =>
    expect(scopeCookie(cookie, SHARED)).toBe(expected),
  )

  it.each([
    ['a=b; Path=/x; HttpOnly', 'a=b; Path=/x; HttpOnly'],
    ['a=b; Domain=localhost', 'a=b'],
    ['a=b; Domain=.Apps.Example.COM', 'a=b'],
    ['a=b; Domain=example.com; Secure', 'a=b; Secure'],
    ['a=b; Domain=com', 'a=b'],
    ['a=b; Domain=apps.example.com.', 'a=b'],
    ['a=b; Domain=wiki.apps.example.com', 'a=b; Domain=wiki.apps.example.com'],
    ['a=b; Domain=wiki.example.org', 'a=b; Domain=wiki.example.org'],
  ])('on an own origin %j becomes %j', (cookie, expected) => expect(scopeCookie(cookie, OWN)).toBe(expected))
})

describe('readAnswer', () => {
  it.each([
    '',
    '{',
    'null',
    '7',
    '[]',
    '{}',
    '{"status":200}',
    '{"status":"200","headers":[]}',
    '{"status":99,"headers":[]}',
    '{"status":101,"headers":[]}',
    '{"status":600,"headers":[]}',
    '{"status":200.5,"headers":[]}',
    '{"status":200,"headers":{}}',
    '{"status":200,"headers":["a"]}',
    JSON.stringify({ status: 200, headers: Array(2_002).fill('a') }),
  ])('refuses %.60j', (text) => {
    expect(() => readAnswer(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })
})

describe('safeHeaders', () => {
  const safe = (...headers: unknown[]): string[] => safeHeaders(headers, OWN).safe

  it.each([
    ['a line break in a value', 'x', 'a\r\nset-cookie: stolen=1'],
    ['a bare line feed', 'x', 'a\nb'],
    ['a bare carriage return', 'x', 'a\rb'],
    ['a zero', 'x', 'a\0b'],
    ['a line break in a name', 'x\r\ny', 'a'],
    ['a colon in a name', 'x: y', 'a'],
    ['an empty name', '', 'a'],
    ['more than a byte a character', 'x', 'a\u2028b'],
    ['a character that becomes a line feed when cut to a byte', 'x', 'a\u010ab'],
    ['a number for a value', 'x', 7],
    ['an object for a name', {}, 'a'],
  ])('leaves out a header with %s', (_, name, value) => {
    expect(safe('before', '1', name, value, 'after', '2')).toEqual(['before', '1', 'after', '2'])
  })

  it.each([
    'Connection',
    'Transfer-Encoding',
    'content-length',
    'Upgrade',
    'Trailer',
    'Keep-Alive',
    'Proxy-Authenticate',
  ])('leaves out %s, which is the connection’s', (name) => expect(safe(name, '5')).toEqual([]))

  it('keeps repeats, order and upper case, and tells the announced length', () => {
    expect(safeHeaders(['Link', 'a', 'Content-Length', '12', 'Link', 'b', 'X', 'caf\u00e9'], OWN)).toEqual({
      safe: ['Link', 'a', 'Link', 'b', 'X', 'caf\u00e9'],
      announced: 12,
    })
  })

  it.each([
    'Service-Worker-Allowed',
    'Clear-Site-Data',
    'Strict-Transport-Security',
    'Alt-Svc',
    'NEL',
    'Report-To',
  ])('lets a realm send %s on its own origin only', (name) => {
    expect(safe(name, 'x')).toEqual([name, 'x'])
    expect(safeHeaders([name, 'x'], SHARED).safe).toEqual([])
  })
})

describe('AnswerReader', () => {
  const key = { id: 'k', realm: 'r', alias: 'wiki', debug: false } as RouteKey
  const text = JSON.stringify({ status: 200, headers: ['Set-Cookie', 'a=1', 'X', 'y'] })
  const baseDomains = ['example.org']

  it('reads the same head the same way again, and another one anew', () => {
    const reader = new AnswerReader()
    const own = { key, root: '', baseDomains }
    const first = reader.read(text, own)
    expect(first).toEqual({ status: 200, headers: ['Set-Cookie', 'a=1', 'X', 'y'], announced: null })
    expect(reader.read(text, own)).toBe(first)
    expect(reader.read('{"status":404,"headers":["content-length","3"]}', own)).toEqual({
      ...{ status: 404, headers: [], announced: 3 },
    })
    expect(reader.read(text, own)).toEqual(first)
  })

  it('never gives what was read for another way in, or for other domains', () => {
    const reader = new AnswerReader()
    const cookieOf = (root: string, domains: readonly string[], said = text) =>
      reader.read(said, { key, root, baseDomains: domains }).headers[1]
    expect(cookieOf('', baseDomains)).toBe('a=1')
    expect(cookieOf('/u/wiki', baseDomains)).toBe('a=1; Path=/u/wiki/')
    const wide = text.replace('a=1', 'a=1; Domain=example.com')
    expect(cookieOf('', baseDomains, wide)).toBe('a=1; Domain=example.com')
    expect(cookieOf('', ['example.com'], wide)).toBe('a=1')
    expect(reader.read(text, { key: { ...key }, root: '', baseDomains }).headers[1]).toBe('a=1')
  })

  it('refuses what is no head, also after one that was', () => {
    const reader = new AnswerReader()
    reader.read(text, { key, root: '', baseDomains })
    expect(() => reader.read('{"status":99,"headers":[]}', { key, root: '', baseDomains })).toThrow(
      expect.objectContaining({ code: 'PROTOCOL' }),
    )
  })
})
