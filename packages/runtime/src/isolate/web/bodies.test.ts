import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from '../module-kind/testing/test-realm.ts'
import { expectSameAsNode, type Snippet } from './testing/same-as-node.ts'

let realm: TestRealm
beforeAll(async () => {
  realm = await openTestRealm()
})
afterAll(() => realm.dispose())

const responses: Record<string, Snippet> = {
  'implies a content type': () =>
    [
      'text',
      new URLSearchParams('a=b'),
      new Blob(['x'], { type: 'Text/CSV' }),
      new Blob(['x']),
      new Uint8Array(1),
      new ReadableStream(),
      null,
      undefined,
      5 as never,
    ].map((body) => new Response(body).headers.get('content-type')),
  'keeps a content type that is given': () =>
    new Response('x', { headers: { 'Content-Type': 'text/x' } }).headers.get('content-type'),
  'reads text, json, bytes, buffer, blob': async () => [
    await new Response('é').text(),
    await new Response('{"a":[1]}').json(),
    await new Response('é').bytes(),
    await new Response('é').arrayBuffer(),
    await (await new Response('é', { headers: { 'content-type': 'a/B' } }).blob()).text(),
    (await new Response('é', { headers: { 'content-type': 'a/B' } }).blob()).type,
  ],
  'reads an empty body': async () => [
    await new Response().text(),
    await new Response().arrayBuffer(),
    await new Response(null).bytes(),
    (await new Response().blob()).size,
    new Response().body === null,
    new Response('').body === null,
  ],
  'drops a byte order mark from text but not from bytes': async () => [
    await new Response('\ufeffa').text(),
    await new Response('\ufeffa').bytes(),
    await new Response('\ufeff1').json(),
  ],
  'replaces lone surrogates': () => new Response('\ud800').bytes(),
  'copies bytes at once': async () => {
    const bytes = new Uint8Array([1, 2, 3])
    const response = new Response(bytes.subarray(1))
    bytes.fill(9)
    return response.bytes()
  },
  'is used once': async () => {
    const response = new Response('x')
    const before = response.bodyUsed
    await response.text()
    return [before, response.bodyUsed, await response.text().catch((error) => error)]
  },
  'is not used by looking at the stream': () => {
    const response = new Response('x')
    return [response.body?.locked, response.bodyUsed]
  },
  'cannot be read while the stream is locked': () => {
    const response = new Response('x')
    response.body!.getReader()
    return response.text()
  },
  'reads the stream of a text': async () => {
    const parts: unknown[] = []
    for await (const part of new Response('hi').body as unknown as AsyncIterable<Uint8Array>) parts.push(part)
    return parts
  },
  'reads a stream of bytes': () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array([104]))
          controller.enqueue(new Uint8Array([105]))
          controller.close()
        },
      }),
    ).text(),
  'refuses a stream of strings': () => new Response(ReadableStream.from(['x']) as never).text(),
  'passes on the error of a stream': () =>
    new Response(
      new ReadableStream({ start: (controller) => controller.error(new RangeError('no')) }),
    ).text(),
  'clones both ways': async () => {
    const response = new Response('x', { status: 201, statusText: 'S', headers: { a: 'b' } })
    const copy = response.clone()
    copy.headers.set('a', 'c')
    return [await response.text(), await copy.text(), copy.status, copy.statusText, response.headers.get('a')]
  },
  'clones a stream': async () => {
    const response = new Response(ReadableStream.from([new Uint8Array([65]), new Uint8Array([66])]))
    const copy = response.clone()
    return [await copy.text(), await response.text()]
  },
  'cannot be cloned once used': async () => {
    const response = new Response('x')
    await response.text()
    return response.clone()
  },
  'has its attributes': () => {
    const { status, statusText, ok, type, url, redirected } = new Response('x', {
      status: 404,
      statusText: 'Gone',
    })
    return [status, statusText, ok, type, url, redirected, new Response().ok]
  },
  'json()': async () => {
    const response = Response.json({ a: 1 }, { status: 202, headers: { x: 'y' } })
    const typed = Response.json(1, { headers: { 'content-type': 'a/b' } })
    return [await response.text(), response.status, [...response.headers], typed.headers.get('content-type')]
  },
  'json() of nothing': () => Response.json(undefined),
  'redirect()': () => {
    const response = Response.redirect('http://a/b', 301)
    return [response.status, response.headers.get('location')]
  },
  'redirect() with another status': () => Response.redirect('http://a/b', 200 as never),
  'redirect() cannot be changed': () => Response.redirect('http://a/b').headers.set('a', 'b'),
  'error()': () => [Response.error().type, Response.error().status, Response.error().ok],
  'refuses status 199': () => new Response('', { status: 199 }),
  'refuses status 600': () => new Response('', { status: 600 }),
  'refuses a body for 204': () => new Response('', { status: 204 }),
  'takes no body for 304': () => new Response(null, { status: 304 }).status,
  'refuses a bad reason': () => new Response('', { statusText: 'a\nb' }),
  'refuses invalid JSON': () => new Response('{').json(),
  'refuses options that are none': () => new Response('', 1 as never),
  'refuses a used stream': async () => {
    const stream = new Response('x').body!
    await stream.getReader().read()
    return new Response(stream)
  },
}

const requests: Record<string, Snippet> = {
  'has its attributes': () => {
    const request = new Request('http://a/b?c#d', { method: 'post', body: 'x', headers: { a: 'b' } })
    const { method, url, redirect, mode, credentials, cache, bodyUsed, keepalive, integrity, duplex } =
      request as Request & { duplex: string }
    return [
      method,
      url,
      redirect,
      mode,
      credentials,
      cache,
      bodyUsed,
      keepalive,
      integrity,
      duplex,
      [...request.headers],
    ]
  },
  'writes the known methods in upper case': () =>
    ['get', 'Post', 'pUt', 'delete', 'head', 'options', 'patch', 'Foo'].map(
      (method) => new Request('http://a', { method }).method,
    ),
  'reads forms': async () => {
    const request = new Request('http://a', {
      method: 'POST',
      body: new URLSearchParams({ a: '1 2', b: 'é' }),
    })
    return [...(await request.formData())]
  },
  'takes over another request': async () => {
    const first = new Request('http://a/x', { method: 'PUT', body: 'body', headers: { a: 'b' } })
    const second = new Request(first, { headers: { c: 'd' } })
    return [second.method, second.url, [...second.headers], first.bodyUsed, await second.text()]
  },
  'takes over a request with a stream': async () => {
    const body = ReadableStream.from([new Uint8Array([65])])
    const first = new Request('http://a/x', { method: 'PUT', body, duplex: 'half' } as never)
    const second = new Request(first)
    return [first.bodyUsed, await second.text(), await first.text().catch((error) => error)]
  },
  'takes a URL object': () => new Request(new URL('http://a/b')).url,
  clones: async () => {
    const request = new Request('http://a', { method: 'POST', body: 'x' })
    const copy = request.clone()
    return [await copy.text(), await request.text(), copy.method]
  },
  'follows a signal': () => {
    const controller = new AbortController()
    const request = new Request('http://a', { signal: controller.signal })
    const before = request.signal.aborted
    controller.abort('why')
    return [before, request.signal.aborted, request.signal.reason, request.signal === controller.signal]
  },
  'passes a signal on': () => {
    const controller = new AbortController()
    const copy = new Request(new Request('http://a', { signal: controller.signal })).clone()
    controller.abort()
    return [copy.signal.aborted, copy.signal.reason.name]
  },
  'refuses a relative URL': () => new Request('/a'),
  'refuses credentials in the URL': () => new Request('http://a:b@c'),
  'refuses a body for GET': () => new Request('http://a', { body: 'x' }),
  'refuses a bad method': () => new Request('http://a', { method: 'a b' }),
  'refuses CONNECT': () => new Request('http://a', { method: 'connect' }),
  'refuses a stream without duplex': () =>
    new Request('http://a', { method: 'POST', body: new ReadableStream() } as never),
  'refuses a bad redirect': () => new Request('http://a', { redirect: 'x' as never }),
  'refuses a signal that is none': () => new Request('http://a', { signal: {} as never }),
  'refuses a used body': async () => {
    const request = new Request('http://a', { method: 'POST', body: 'x' })
    await request.text()
    return new Request(request)
  },
  'refuses to make a form of text': () => new Response('x').formData(),
}

const forms: Record<string, Snippet> = {
  'multipart round trip': async () => {
    const form = new FormData()
    form.append('a"b\r\nc', 'x\ny')
    form.append(
      'file',
      new File([new Uint8Array([0, 13, 10, 45, 45, 255])], 'naïve "f".bin', { type: 'image/png' }),
    )
    form.append('blob', new Blob(['b']))
    const response = new Response(form)
    const type = response.headers.get('content-type')!.replace(/boundary=.*/, '')
    const back = await response.formData()
    const seen: unknown[] = [type]
    for (const [name, value] of back) {
      if (typeof value === 'string') seen.push(name, value)
      else
        seen.push(name, value.name, value.type, value.size, new Uint8Array(await value.arrayBuffer()).join())
    }
    return seen
  },
  'parses what browsers send': async () => {
    const text = [
      '--XX',
      'Content-Disposition: form-data; name="a"',
      '',
      '1',
      '--XX',
      'content-disposition: form-data; name="f"; filename="C:\\\\x.txt"',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'line\r\n--X',
      '--XX--',
      '',
    ].join('\r\n')
    const form = await new Response(text, {
      headers: { 'content-type': 'multipart/form-data; boundary="XX"' },
    }).formData()
    const file = form.get('f') as File
    return [form.get('a'), file.size, await file.text(), file.type.split(';')[0]!]
  },
  'parses an empty form': async () => [
    ...(await new Response('--X--\r\n', {
      headers: { 'content-type': 'multipart/form-data; boundary=X' },
    }).formData()),
  ],
  'refuses a form cut short': () =>
    new Response('--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', {
      headers: { 'content-type': 'multipart/form-data; boundary=X' },
    }).formData(),
  'refuses a form without its boundary': () =>
    new Response('hello', { headers: { 'content-type': 'multipart/form-data; boundary=X' } }).formData(),
  'appends, sets, deletes, iterates': () => {
    const form = new FormData()
    form.append('a', '1')
    form.append('b', 2 as never)
    form.append('a', '3')
    const all = form.getAll('a')
    form.set('a', '4')
    form.delete('b')
    form.set('c', '\ud800')
    return [all, [...form], form.has('b'), form.get('b'), [...form.keys()], [...form.values()]]
  },
  'makes files of blobs': () => {
    const form = new FormData()
    form.append('a', new Blob(['x'], { type: 'a/b' }))
    form.append('b', new Blob(['x']), 'name')
    form.append('c', new File(['x'], 'one'), 'two')
    return [...form].map(([, value]) => [(value as File).name, (value as File).type])
  },
  'refuses a file name for text': () => new FormData().append('a', 'b' as never, 'c'),
  'blobs join their parts': async () => {
    const blob = new Blob([
      'a',
      new Uint8Array([98]),
      new Blob(['c']),
      new Uint8Array([100, 101]).buffer,
      5 as never,
    ])
    return [blob.size, await blob.text(), await blob.bytes(), blob.type]
  },
  'blobs are cut': async () =>
    Promise.all(
      [[1, 3], [-2], [0, -1], [2, 1], [9], []].map(([from, to]) =>
        new Blob(['hello']).slice(from, to).text(),
      ),
    ),
  'blobs have a type of their own': () => [
    new Blob([], { type: 'A/B' }).type,
    new Blob([], { type: 'a\u00e9' }).type,
    new Blob(['x'], { type: 'a/b' }).slice(0, 1).type,
    new Blob(['x']).slice(0, 1, 'C/D').type,
  ],
  'blobs stream': async () => {
    let size = 0
    for await (const part of new Blob(['x'.repeat(200_000)]).stream() as never as AsyncIterable<Uint8Array>)
      size += part.length
    return size
  },
  'files have a name and a date': () => {
    const file = new File(['x'], 'n', { lastModified: 5 })
    return [file.name, file.lastModified, file.size, file instanceof Blob]
  },
  'refuses a blob of a string': () => new Blob('x' as never),
  'refuses a file without a name': () => new (File as never as new (parts: string[]) => File)(['x']),
}

describe('Response, as in Node', () => {
  it.each(Object.entries(responses))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})
describe('Request, as in Node', () => {
  it.each(Object.entries(requests))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})
describe('Forms and blobs, as in Node', () => {
  it.each(Object.entries(forms))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})
