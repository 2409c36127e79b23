import { describe, expect, it } from '@jest/globals'
import { invoke, matchArguments, parseArgSpec, parseExample, pour, pourJson, type Service } from './index.ts'

const call = (services: Record<string, Service>, params: Record<string, unknown>) =>
  invoke(new Map(Object.entries(services)), params)
const rsp = (inner: string) => `<?xml version="1.0" encoding="utf-8" ?>\n${inner}`

const PEOPLE = '<people group="x"><person nick="" number=""><name>A. Name</name></person><person/></people>'

describe('ZIMKI-API 2: zimki.publishService', () => {
  const services: Record<string, Service> = {
    'photo.find': {
      fn: (tag: string, limit: string) => ({ group: tag, person: [{ nick: limit, number: 1, name: 'Ann' }] }),
      example: PEOPLE,
      argSpec: { tag: {}, limit: { optional: 1 } },
    },
  }

  it('matches request parameters to the names of the function and answers in the envelope', () => {
    expect(call(services, { method: 'photo.find', limit: '5', tag: 'cat' })).toEqual({
      body: rsp(
        '<rsp stat="ok"><people group="cat"><person nick="5" number="1"><name>Ann</name></person></people></rsp>',
      ),
      mimetype: 'text/xml; charset=utf-8',
    })
  })

  it('answers a missing argument with perl.methodcall.param, before the function runs', () => {
    let ran = false
    const fn = (tag: string) => {
      ran = true
      return tag
    }
    expect(call({ m: { fn, example: '<a/>', argSpec: { tag: {} } } }, { method: 'm' }).body).toBe(
      rsp('<rsp stat="fail"><err code="perl.methodcall.param" msg="Missing argument: tag"/></rsp>'),
    )
    expect(ran).toBe(false)
    expect(call(services, {}).body).toContain('code="perl.methodcall.param" msg="Missing argument: method"')
  })

  it('answers an unknown method with froody.invoke.nosuchmethod', () => {
    for (const method of ['nope', 'constructor', '__proto__', 'toString', '<&"'])
      expect(call(services, { method }).body).toContain(
        '<err code="froody.invoke.nosuchmethod" msg="Method \'',
      )
    expect(call(services, { method: '<&"' }).body).toContain('msg="Method \'&lt;&amp;&quot;\' not found."')
  })

  it('answers in JSON for _type=json, and wraps it for _json_callback', () => {
    const params = { method: 'photo.find', tag: '<a>', _type: 'json' }
    const json = '{"stat":"ok","data":{"group":"\\u003ca>","person":[{"number":1,"name":"Ann"}]}}'
    expect(call(services, params)).toEqual({ body: json, mimetype: 'application/json; charset=utf-8' })
    expect(call(services, { ...params, _json_callback: 'app.$on_1' })).toEqual({
      body: `app.$on_1(${json});`,
      mimetype: 'text/javascript; charset=utf-8',
    })
    expect(call(services, { ...params, method: 'no' }).body).toBe(
      '{"stat":"fail","data":{"code":"froody.invoke.nosuchmethod","msg":"Method \'no\' not found."}}',
    )
  })

  it('answers what a service throws: its own code, else perl.methodcall', () => {
    const failing = (thrown: unknown): Service => ({
      fn: () => {
        throw thrown
      },
    })
    const own = Object.assign(new Error('no <cats>'), { code: 'photo.missing' })
    expect(call({ m: failing(own) }, { method: 'm' }).body).toContain(
      '<err code="photo.missing" msg="no &lt;cats&gt;"/>',
    )
    for (const thrown of [
      new Error('x'),
      'x',
      null,
      { code: 'a b' },
      { code: 5 },
      Object.assign(new Error('x'), { code: '"' }),
    ])
      expect(call({ m: failing(thrown) }, { method: 'm' }).body).toContain('<err code="perl.methodcall" msg=')
    const hidden = invoke(
      new Map([['m', failing(new Error('secret'))]]),
      { method: 'm' },
      {
        describeError: (thrown, method) => ({
          code: 'internal',
          message: `${method}: ${typeof thrown}`,
          data: { request: 'r1' },
        }),
      },
    )
    expect(hidden.body).toContain('<err code="internal" msg="m: object"><request>r1</request></err>')
  })

  it('describes itself by reflection', () => {
    const ask = (name: string, params = {}) =>
      call(services, { method: `froody.reflection.${name}`, ...params }).body
    expect(ask('getMethods')).toContain('<methods><method>froody.reflection.getErrorTypeInfo</method>')
    expect(ask('getMethods')).toContain('<method>photo.find</method></methods>')
    const info = ask('getMethodInfo', { method_name: 'photo.find' })
    expect(info).toContain('<method name="photo.find" needslogin="0">')
    expect(info).toContain('<response>&lt;people group="x"&gt;')
    expect(info).toContain(
      '<argument name="tag" optional="0" type="scalar"/><argument name="limit" optional="1" type="scalar"/>',
    )
    expect(ask('getMethodInfo', { method_name: 'froody.reflection.getMethods' })).toContain(
      'name="froody.reflection.getMethods"',
    )
    expect(ask('getMethodInfo', { method_name: 'no' })).toContain('code="froody.invoke.nosuchmethod"')
    expect(ask('getMethodInfo')).toContain('Missing argument: method_name')
    expect(ask('getErrorTypes')).toContain('<errortype>perl.methodcall.param</errortype>')
    expect(ask('getErrorTypeInfo', { code: 'perl.methodcall.param' })).toContain(
      '<errortype code="perl.methodcall.param">An argument',
    )
    expect(ask('getErrorTypeInfo', { code: 'toString' })).toContain('code="froody.error.notfound.errortype"')
    expect(ask('getSpecification')).toMatch(
      /<spec><methods><method name="froody.*<method name="photo.find".*<errortypes><errortype code="froody/s,
    )
    expect(call(services, { method: 'froody.reflection.getMethods', _type: 'json' }).body).toContain(
      '"photo.find"]}}',
    )
  })
})

describe('arguments', () => {
  it('go in the order of the parameters; what nobody names is dropped', () => {
    expect(matchArguments(['b', 'a'], { a: {}, b: {} }, { a: '1', b: '2', c: '3' })).toEqual(['2', '1'])
    expect(matchArguments([], { a: {} }, { a: '1' })).toEqual([])
    expect(matchArguments(['a', 'free', 'gone'], { a: {} }, { a: '1', free: 'x' })).toEqual([
      '1',
      'x',
      undefined,
    ])
    expect(matchArguments([''], { a: {}, b: { optional: 1 } }, { a: '1' })).toEqual([{ a: '1' }])
  })

  it.each([
    [1, true],
    [true, true],
    ['1', true],
    [0, false],
    ['0', false],
    [undefined, false],
  ])('optional: %j counts as %j', (optional, expected) => {
    expect(parseArgSpec({ a: { optional } })[0]?.optional).toBe(expected)
  })

  it('are arrays where multiple is set, split at commas', () => {
    const spec = { a: { multiple: 1 } }
    expect(matchArguments(['a'], spec, { a: 'x, y' })).toEqual([['x', 'y']])
    expect(matchArguments(['a'], spec, { a: ['x', 'y'] })).toEqual([['x', 'y']])
  })

  it('come from the request itself, never from what every object has', () => {
    expect(() => matchArguments(['toString'], { toString: {} }, {})).toThrow('Missing argument: toString')
    expect(matchArguments(['constructor', '__proto__'], {}, {})).toEqual([undefined, undefined])
    expect(() => parseArgSpec('x')).toThrow('must be an object')
    expect(() => parseArgSpec([])).toThrow('must be an object')
    expect(parseArgSpec(null)).toEqual([])
  })
})

describe('pour', () => {
  it('takes names from the example and leaves out what the data lacks', () => {
    expect(pour({ group: 'g', person: [{ name: 'A' }, { nick: 'b' }], secret: 'x' }, PEOPLE)).toBe(
      '<people group="g"><person><name>A</name></person><person nick="b"/></people>',
    )
    expect(pour({}, PEOPLE)).toBe('<people/>')
    expect(pour(null, PEOPLE)).toBe('<people/>')
  })

  it('fills an element as often as an array has items, whether the example repeats it or not', () => {
    expect(pour({ i: [1, 2] }, '<l><i/></l>')).toBe('<l><i>1</i><i>2</i></l>')
    expect(pour({ i: 1 }, '<l><i/><i/></l>')).toBe('<l><i>1</i></l>')
    expect(pour({ i: [] }, '<l><i/><i/></l>')).toBe('<l/>')
    expect(pour([{ i: 1 }, { i: 2 }], '<l><i/></l>')).toBe('<l><i>1</i></l><l><i>2</i></l>')
  })

  it('takes text from the value, from -text, or from the name of the element', () => {
    expect(pour('just text', '<a/>')).toBe('<a>just text</a>')
    expect(pour({ id: 1, '-text': 't' }, '<a id=""/>')).toBe('<a id="1">t</a>')
    expect(pour({ id: 1, a: 't' }, '<a id=""/>')).toBe('<a id="1">t</a>')
    expect(pour({ b: { id: 1, '-text': 'x' } }, '<a><b id=""/></a>')).toBe('<a><b id="1">x</b></a>')
    expect(pour({ b: 'plain' }, '<a><b id=""/></a>')).toBe('<a><b>plain</b></a>')
  })

  it('writes scalars as text: 1 and 0 for truth, ISO 8601 for dates', () => {
    expect(
      pour(
        { t: true, f: false, n: 1.5, d: new Date(0), x: null, fn: () => 1 },
        '<a t="" f="" n="" d="" x="" fn=""/>',
      ),
    ).toBe('<a t="1" f="0" n="1.5" d="1970-01-01T00:00:00.000Z"/>')
  })

  it('sees what objects inherit from their class, but nothing that every object has', () => {
    class Page {
      get title() {
        return 'T'
      }
      toString() {
        return 'page'
      }
    }
    expect(pour(new Page(), '<a title="" constructor="" toString="" hasOwnProperty=""/>')).toBe(
      '<a title="T"/>',
    )
    expect(pour({ p: new Page(), q: {} }, '<a p="" q=""/>')).toBe('<a p="page"/>')
  })

  it('takes off an <rsp> around the example, and pours several elements at the top by name', () => {
    expect(pour({ x: 1 }, '<rsp stat="ok"><a x=""/></rsp>')).toBe('<a x="1"/>')
    expect(pour({ a: 1, b: [2, 3] }, '<a/><b/>')).toBe('<a>1</a><b>2</b><b>3</b>')
  })

  it('without an example writes scalars as text and structures by their names', () => {
    expect(pour('a<b', '')).toBe('a&lt;b')
    expect(pour({ a: [1, { b: 2 }], 'not a name': 3, '1': 4 }, '')).toBe('<a>1</a><a><b>2</b></a>')
    const loop: Record<string, unknown> = {}
    loop.self = loop
    expect(pour(loop, '').length).toBeLessThan(1000)
  })

  it('gives JSON the same shape: arrays for what repeats, even once or not at all', () => {
    expect(pourJson({ group: 'g', person: { nick: 'n' }, secret: 1 }, PEOPLE)).toEqual({
      group: 'g',
      person: [{ nick: 'n' }],
    })
    expect(pourJson({ i: [1, 2], t: true, '-text': 'x' }, '<l t=""><i/></l>')).toEqual({
      i: [1, 2],
      t: true,
      '-text': 'x',
    })
    expect(pourJson({}, '<l><i/><i/><j/></l>')).toEqual({ i: [] })
    expect(pourJson('x', '<a/>')).toBe('x')
    expect(pourJson(undefined, '<a/>')).toBeNull()
  })

  it('merges the copies of an element in the example', () => {
    expect(parseExample('<a><b x=""/><b y=""><c/></b></a>')).toEqual([
      {
        name: 'a',
        attributes: [],
        repeats: false,
        children: [
          {
            name: 'b',
            attributes: ['x', 'y'],
            repeats: true,
            children: [{ name: 'c', attributes: [], repeats: false, children: [] }],
          },
        ],
      },
    ])
    expect(parseExample('<a><b><c/></b><b><c/></b></a>')[0]?.children[0]?.children[0]?.repeats).toBe(false)
  })

  it.each([
    ['<a>\n<b></a>', 'line 2: </a> does not close <b>'],
    ['<a', 'line 1: > is missing'],
    ['<a x=1/>', 'must stand in quotes'],
    ['<a x="1" x="2"/>', 'stands twice'],
    ['<a>', '<a> is not closed'],
    ['</a>', 'does not close anything'],
    ['<a>< b</a>', 'write &lt;'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a/>', 'a document type is not allowed'],
    ['<!-- a', '--> is missing'],
    ['<a x="1/>', '" is missing'],
  ])('refuses the example %j', (example, message) => {
    expect(() => parseExample(example)).toThrow(message)
    expect(call({ m: { fn: () => 1, example } }, { method: 'm' }).body).toContain(
      'the response example of m: line',
    )
  })
})
