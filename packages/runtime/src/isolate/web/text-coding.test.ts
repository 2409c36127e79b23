import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from '../module-kind/testing/test-realm.ts'
import { expectSameAsNode, type Snippet } from './testing/same-as-node.ts'

let realm: TestRealm
beforeAll(async () => {
  realm = await openTestRealm()
})
afterAll(() => realm.dispose())

const cases: Record<string, Snippet> = {
  'encodes every kind of character': () =>
    [
      '',
      'abc',
      'é',
      '€',
      '😀',
      '\ud800',
      '\udc00a',
      'a\ud800',
      '\ud800\ud800\udc00',
      `${'a'.repeat(9000)}ü`,
    ].map((text) => new TextEncoder().encode(text)),
  'encodes nothing and what is not a string': () => [
    new TextEncoder().encode(),
    new TextEncoder().encode(undefined),
    new TextEncoder().encode(null as never),
    new TextEncoder().encode(12 as never),
  ],
  'encodes into what room there is': () =>
    [0, 1, 2, 3, 4, 5, 9].map((room) => {
      const bytes = new Uint8Array(room)
      const { read, written } = new TextEncoder().encodeInto('a€😀\ud800', bytes)
      return [read, written, ...bytes]
    }),
  'decodes random bytes': () => {
    let seed = 1
    const next = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return seed >>> 16
    }
    const leads = [
      0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x9f, 0xa0, 0x8f,
      0x90,
    ]
    return Array.from({ length: 3000 }, () =>
      new TextDecoder().decode(Uint8Array.from({ length: next() % 9 }, () => leads[next() % leads.length]!)),
    )
  },
  'decodes in pieces as in one': () => {
    const bytes = new TextEncoder().encode('\ufeffa€😀ü\ufeff')
    return [1, 2, 3, 5].map((step) => {
      const decoder = new TextDecoder()
      let text = ''
      for (let at = 0; at < bytes.length; at += step)
        text += decoder.decode(bytes.subarray(at, at + step), { stream: true })
      return text + decoder.decode()
    })
  },
  'starts anew after a flush': () => {
    const decoder = new TextDecoder()
    return [
      decoder.decode(new Uint8Array([0xe2, 0x82]), { stream: true }),
      decoder.decode(),
      decoder.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])),
      decoder.decode(new Uint8Array([0xac])),
    ]
  },
  'keeps the mark when told': () =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])),
  'refuses bad bytes when fatal': () =>
    new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])),
  'refuses an unfinished end when fatal': () =>
    new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xe2, 0x82])),
  'takes good bytes when fatal': () =>
    new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xc3, 0xa9])),
  'decodes utf-16le with halves of pairs': () => {
    const units = [0xfeff, 0x61, 0xd83d, 0xde00, 0xd83d, 0x62, 0xde00, 0xd800]
    const bytes = new Uint8Array(units.flatMap((unit) => [unit & 255, unit >> 8]))
    const decoder = new TextDecoder('utf-16le')
    let text = ''
    for (const byte of bytes) text += decoder.decode(new Uint8Array([byte]), { stream: true })
    return [
      new TextDecoder('utf-16le').decode(bytes),
      text + decoder.decode(),
      new TextDecoder('utf-16').decode(new Uint8Array([1])),
    ]
  },
  'decodes utf-16be': () =>
    new TextDecoder('utf-16be').decode(new Uint8Array([0xfe, 0xff, 0, 0x61, 0xd8, 0x3d, 0xde, 0])),
  'decodes windows-1252, also as latin1': () =>
    ['windows-1252', 'latin1', 'ascii'].map((label) =>
      new TextDecoder(label).decode(Uint8Array.from({ length: 256 }, (_, at) => at)),
    ),
  'knows the labels': () =>
    ['utf8', 'UTF-8', ' unicode-1-1-utf-8\n', 'us-ascii', 'ISO-8859-1', 'ucs-2', 'utf-16'].map(
      (label) => new TextDecoder(label).encoding,
    ),
  'refuses an unknown label': () => new TextDecoder('klingon'),
  'refuses what is not bytes': () => new TextDecoder().decode('text' as never),
  'decodes views and buffers': () => {
    const buffer = new TextEncoder().encode('hello').buffer
    return [
      new TextDecoder().decode(buffer),
      new TextDecoder().decode(new DataView(buffer, 1, 2)),
      new TextDecoder().decode(),
    ]
  },
  'has its attributes': () => {
    const decoder = new TextDecoder('latin1', { fatal: true })
    return [decoder.encoding, decoder.fatal, decoder.ignoreBOM, new TextEncoder().encoding]
  },
  'encodes base64': () => ['', 'a', 'ab', 'abc', '\xff\0'].map((text) => btoa(text)),
  'decodes base64 forgivingly': () =>
    ['', 'YQ==', 'YQ', ' Y W\nI=', 'YWJj', 'YR==', '//+8'].map((text) => atob(text)),
  'refuses bad base64: length': () => atob('a'),
  'refuses bad base64: padding': () => atob('YQ='),
  'refuses bad base64: middle padding': () => atob('Y=Q='),
  'refuses bad base64: letters': () => atob('YQ-_'),
  'refuses to encode beyond Latin-1': () => btoa('€'),
  'streams text both ways': async () => {
    const text = ['a', '\ud83d', '\ude00', '€', '\ud800']
    const readable = new ReadableStream({
      start(controller) {
        for (const each of text) controller.enqueue(each)
        controller.close()
      },
    })
    let decoded = ''
    const decoder = new TextDecoderStream()
    for await (const part of readable.pipeThrough(new TextEncoderStream()).pipeThrough(decoder))
      decoded += part
    return [decoded, decoder.encoding]
  },
  'fails a fatal decoder stream': async () => {
    const stream = new Blob([new Uint8Array([0xff])])
      .stream()
      .pipeThrough(new TextDecoderStream('utf-8', { fatal: true }))
    return await stream.getReader().read()
  },
}

describe('text and bytes, as in Node', () => {
  it.each(Object.entries(cases))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})

it('the harness of these tests notices a difference', async () => {
  await expect(expectSameAsNode(realm, () => 'process' in globalThis)).rejects.toThrow()
})
