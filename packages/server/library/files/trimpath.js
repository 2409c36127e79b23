// TrimPath JavaScript Templates for OpenZimki realms: zimki.library.require('library', 'trimpath.js').
// Generated from packages/trimpath/src by library/write-library.ts; do not edit.
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
(function (global) {
'use strict';
class TemplateError extends Error {
           template
           line
           reason
  constructor(template, line, reason, options = {}) {
    super(
      `template "${template}", line ${line}: ${reason}`,
      'cause' in options ? { cause: options.cause } : {},
    )
    this.name = 'TemplateError'
    this.template = template
    this.line = line
    this.reason = reason
  }
}
const ENTITIES = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (value) =>
  String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
function standardModifiers() {
  return {
    eat: () => '',
    escape: escapeHtml,
    h: escapeHtml,
    capitalize: (value) => String(value).toUpperCase(),
    default: (value, fallback) => (value === undefined || value === null ? fallback : value),
  }
}
class LineCounter {
           #source
  #line = 1
  #nextNewline
  constructor(source) {
    this.#source = source
    this.#nextNewline = indexOfNewline(source, 0)
  }
  lineAt(position) {
    while (this.#nextNewline < position) {
      this.#line++
      this.#nextNewline = indexOfNewline(this.#source, this.#nextNewline + 1)
    }
    return this.#line
  }
}
function indexOfNewline(source, from) {
  const at = source.indexOf('\n', from)
  return at < 0 ? Number.POSITIVE_INFINITY : at
}
const STATEMENT = /\{(\/?(?:forelse|for|if|elseif|else|var|macro))(?=[\s}])/y
const BLOCK = /\{(cdata|minify|eval)(?=[\s}])/y
function readSegments(source, name) {
  return new SegmentReader(normalize(source), name).read()
}
const normalize = (source) =>
  source.replaceAll('\t', '    ').replace(/\r\n?/g, '\n').trimEnd()
class SegmentReader {
           #source
           #name
           #segments = []
           #lines
  #textStart = 0
  constructor(source, name) {
    this.#source = source
    this.#lines = new LineCounter(source)
    this.#name = name
  }
  read() {
    let at = this.#source.indexOf('{')
    while (at >= 0) {
      const end = this.#readAt(at)
      if (end === null) break
      at = this.#source.indexOf('{', end)
    }
    this.#endText(this.#source.length)
    return this.#segments
  }
  #readAt(at) {
    const before = this.#source[at - 1]
    if (before === '$' || before === '\\') return at + 1
    const block = matchAt(BLOCK, this.#source, at)
    if (block) return this.#readBlock(at, block)
    const statement = matchAt(STATEMENT, this.#source, at)
    if (!statement) return at + 1
    const close = this.#source.indexOf('}', at)
    if (close < 0) return null
    this.#endText(at)
    const rest = this.#source.slice(at + 1 + statement.length, close).trim()
    this.#segments.push({ kind: 'statement', line: this.#lines.lineAt(at), name: statement, rest })
    this.#textStart = close + 1
    return close + 1
  }
  #readBlock(at, name) {
    const open = this.#source.indexOf('}', at)
    const line = this.#lines.lineAt(at)
    if (open < 0) throw new TemplateError(this.#name, line, `{${name} has no closing }; add it`)
    const marker = this.#source.slice(at + 1 + name.length, open).trim() || `{/${name}}`
    const close = this.#source.indexOf(marker, open + 1)
    if (close < 0)
      throw new TemplateError(this.#name, line, `{${name}} is not closed; end it with ${marker.slice(0, 40)}`)
    this.#endText(at)
    this.#segments.push({
      kind: 'block',
      line: this.#lines.lineAt(open + 1),
      name,
      text: this.#source.slice(open + 1, close),
    })
    this.#textStart = close + marker.length
    return this.#textStart
  }
  #endText(end) {
    const text = this.#source.slice(this.#textStart, end)
    if (text !== '') this.#segments.push({ kind: 'text', line: this.#lines.lineAt(this.#textStart), text })
  }
}
function matchAt(pattern, text, at) {
  pattern.lastIndex = at
  return pattern.exec(text)?.[1]
}
function readExpression(text) {
  const [code = '', ...rest] = splitTop(text)
  return { code: code.trim(), modifiers: rest.map(readModifier) }
}
function readModifier(text) {
  const colon = text.indexOf(':')
  if (colon < 0) return { name: text.trim(), args: '' }
  return { name: text.slice(0, colon).trim(), args: text.slice(colon + 1).trim() }
}
function splitTop(text) {
  const parts = []
  let from = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"' || character === "'" || character === '`') {
      const end = endOfQuote(text, at)
      if (end < 0) return [...parts, ...splitPlain(text.slice(from))]
      at = end
    } else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    else if (character === '|') {
      if (text[at + 1] === '|') at++
      else if (depth <= 0) {
        parts.push(text.slice(from, at))
        from = at + 1
      }
    }
  }
  parts.push(text.slice(from))
  return parts
}
function endOfQuote(text, start) {
  const quote = text.charAt(start)
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at
  }
  return -1
}
const splitPlain = (text) => text.split(/(?<!\|)\|(?!\|)/)
function readSection(text) {
  let start = 0
  while (text[start] === '\n') start++
  let end = text.length
  while (end > 0 && text[end - 1] === ' ') end--
  if (end <= start) end = Math.min(start + 1, text.length)
  const pieces = []
  if (start > 0) pieces.push({ kind: 'space', text: text.slice(0, start) })
  readBody(text, start, end, pieces)
  if (end < text.length) pieces.push({ kind: 'space', text: text.slice(end) })
  return pieces
}
function readBody(section, start, end, pieces) {
  const text = section.slice(0, end)
  const closers = new Closers(text)
  const lines = new LineCounter(text)
  let from = start
  for (let open = text.indexOf('${', start); open >= 0; ) {
    const percent = text[open + 2] === '%'
    const begin = open + (percent ? 3 : 2)
    const close = percent ? closers.percent(begin) : closers.plain(begin)
    if (close < 0) {
      open = text.indexOf('${', begin)
      continue
    }
    if (open > from) pieces.push({ kind: 'text', text: text.slice(from, open) })
    pieces.push({ kind: 'expression', line: lines.lineAt(open) - 1, text: text.slice(begin, close) })
    from = close + (percent ? 2 : 1)
    open = text.indexOf('${', from)
  }
  if (from < end) pieces.push({ kind: 'text', text: text.slice(from) })
}
class Closers {
           #text
  #noPlainBefore = 0
  #noPercent = false
  constructor(text) {
    this.#text = text
  }
  plain(begin) {
    if (begin < this.#noPlainBefore) return -1
    for (let at = begin; at < this.#text.length; at++) {
      if (this.#text[at] === '}') return at
      if (this.#text[at] === '\n') {
        this.#noPlainBefore = at
        return -1
      }
    }
    this.#noPlainBefore = this.#text.length
    return -1
  }
  percent(begin) {
    const close = this.#noPercent ? -1 : this.#text.indexOf('%}', begin)
    this.#noPercent = close < 0
    return close
  }
}
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
const FOR = /^([^\s]+)\s+in(?:\s+|(?=[([{"'`]))/
const MACRO = /^([^\s(]+)\s*(\(.*)?$/s
const STATEMENTS = Object.assign(Object.create(null), {
  if: { opens: true, emit: (rest) => test('if (', rest, 'if') },
  elseif: {
    within: ['if'],
    emit: (rest) =>
      rest === '' ? { code: '} else if (true) {' } : test('} else if (', rest, 'elseif'),
  },
  else: { within: ['if'], emit: () => ({ code: '} else {' }) },
  '/if': { within: ['if', 'else'], closes: true, emit: () => ({ code: '}' }) },
  for: { opens: true, emit: emitFor },
  forelse: { within: ['for'], emit: () => ({ code: '' }) },
  '/for': { within: ['for', 'forelse'], closes: true, emit: () => ({ code: '}' }) },
  var: { emit: emitVar },
  macro: { opens: true, emit: emitMacro },
  '/macro': { within: ['macro'], closes: true, emit: () => ({ code: 'return _OUT.end();};' }) },
})
function test(before, rest, name) {
  if (rest === '') throw new StatementFault(`{${name}} needs a condition, such as {${name} user.name}`)
  return { code: `${before}${rest}\n) {`, check: `(${rest}\n)` }
}
function emitFor(rest, unique) {
  const match = FOR.exec(rest)
  const [head = '', name = ''] = match ?? []
  const list = rest.slice(head.length)
  if (!match || !IDENTIFIER.test(name) || list === '')
    throw new StatementFault(`{for ${rest.slice(0, 60)}} is not of the form {for name in list}`)
  const loop = `__LIST${unique}__`
  return {
    code:
      `var ${loop} = _OUT.loop((${list}\n)); while (${loop}.next < ${loop}.keys.length) {` +
      `var ${name}_index = ${loop}.keys[${loop}.next++]; var ${name}_ct = ${loop}.next; ` +
      `var ${name} = ${loop}.list[${name}_index];`,
    declares: [name, `${name}_index`, `${name}_ct`],
    check: `(${list}\n)`,
  }
}
const forelseCode = (unique) => `} if (__LIST${unique}__.keys.length === 0) {`
function emitVar(rest) {
  if (rest === '') throw new StatementFault('{var} needs a name, such as {var total = 0}')
  return {
    code: `var ${rest}\n;`,
    check: `function () { var ${rest}\n; }`,
    declares: rest.match(/[A-Za-z_$][\w$]*/g) ?? [],
  }
}
function emitMacro(rest) {
  const [, name = '', parameters = '()'] = MACRO.exec(rest) ?? []
  if (!IDENTIFIER.test(name))
    throw new StatementFault(`{macro ${rest.slice(0, 60)}} is not of the form {macro name(a, b)}`)
  return {
    code: `var ${name} = function ${parameters} { var _OUT = _BEGIN();`,
    check: `function ${parameters} {}`,
    declares: [name],
  }
}
class StatementFault extends Error {}
const MAX_DEPTH = 200
function generate(source, name) {
  return new Generator(name).run(readSegments(source, name))
}
class Generator {
           #name
           #code = ['with (_CONTEXT) {']
           #pieces = []
           #declares = new Set        ()
           #open = []
  #line = 0
  #unique = 0
  constructor(name) {
    this.#name = name
  }
  run(segments) {
    for (const segment of segments) {
      if (segment.kind === 'text') this.#text(segment.text, segment.line)
      else if (segment.kind === 'block') this.#block(segment.name, segment.text, segment.line)
      else this.#statement(segment.name, segment.rest, segment.line)
    }
    const open = this.#open.at(-1)
    if (open) throw this.#error(open.line, `{${open.statement}} is not closed; add {/${open.statement}}`)
    return { code: `${this.#code.join('\n')}\n}`, pieces: this.#pieces, declares: this.#declares }
  }
  #text(text, line) {
    for (const piece of readSection(text)) {
      const quoted = JSON.stringify(piece.text)
      if (piece.kind === 'text') this.#code.push(`_OUT.write(${quoted});`)
      else if (piece.kind === 'space') this.#code.push(`if (_FLAGS.keepWhitespace) _OUT.write(${quoted});`)
      else this.#expression(readExpression(piece.text), piece.text, line + piece.line)
    }
  }
  #expression(expression, shown, line) {
    if (expression.code === '') return
    this.#at(line)
    this.#piece(line, `\${${shown}}`, `(${expression.code}\n)`)
    let code = `(${expression.code}\n)`
    for (const { name, args } of expression.modifiers) {
      if (args !== '') this.#piece(line, `\${${shown}}`, `[${args}\n]`)
      code = `_MODIFIER(${JSON.stringify(name)})(${code}${args === '' ? '' : `, ${args}\n`})`
    }
    this.#code.push(`_OUT.write(${code});`)
  }
  #block(name, text, line) {
    if (name === 'cdata') this.#code.push(`_OUT.write(${JSON.stringify(text)});`)
    else if (name === 'minify')
      this.#code.push(`_OUT.write(${JSON.stringify(text.trim().replace(/\s+/g, ' '))});`)
    else if (text.trim() !== '') {
      this.#at(line)
      this.#piece(line, '{eval}', `function () { ${text}\n}`)
      this.#code.push(`_OUT.write((function () { ${text}\n})());`)
    }
  }
  #statement(name, rest, line) {
    const rule = STATEMENTS[name]
    if (!rule) throw this.#error(line, `{${name}} is not a statement`)
    const frame = this.#checkPlace(name, rule, line)
    if (rule.opens) this.#open.push({ statement: name, inner: name, line, unique: ++this.#unique })
    const { code, check, declares = [] } = this.#emit(rule, rest, line)
    for (const declared of declares) this.#declares.add(declared)
    if (check !== undefined) this.#piece(line, `{${name} ${rest}}`, check)
    if (name === 'forelse' && frame) this.#code.push(forelseCode(frame.unique))
    else if (name === 'if' || name === 'for') this.#at(line)
    this.#code.push(code)
    if (rule.within && !rule.closes && frame && name !== 'elseif') frame.inner = name
    if (rule.closes) this.#open.pop()
    this.#line = 0
  }
  #checkPlace(name, rule, line) {
    const frame = this.#open.at(-1)
    if (rule.opens && this.#open.length >= MAX_DEPTH)
      throw this.#error(line, `statements are nested more than ${MAX_DEPTH} deep; use a macro`)
    if (rule.within && !(frame && rule.within.includes(frame.inner))) {
      const where = frame ? `inside {${frame.inner}} of line ${frame.line}` : 'by itself'
      throw this.#error(line, `{${name}} stands ${where}; it belongs to {${rule.within[0]}}`)
    }
    return frame
  }
  #emit(rule, rest, line) {
    try {
      return rule.emit(rest, this.#unique)
    } catch (fault) {
      if (fault instanceof StatementFault) throw this.#error(line, fault.message)
      throw fault
    }
  }
  #piece(line, shown, check) {
    this.#pieces.push({ line, shown: shown.length > 80 ? `${shown.slice(0, 77)}...` : shown, check })
  }
  #at(line) {
    if (line !== this.#line) this.#code.push(`_OUT.at(${line});`)
    this.#line = line
  }
  #error(line, what) {
    return new TemplateError(this.#name, line, what)
  }
}
class Output {
           #state
           #calledAt
           #parts = []
  constructor(state) {
    this.#state = state
    this.#calledAt = state.line
  }
  write(value) {
    if (value === null || value === undefined) return
    const text = String(value)
    this.#state.remaining -= text.length
    if (this.#state.remaining < 0)
      throw new RangeError('the output is too long; a loop or macro may be writing without an end')
    this.#parts.push(text)
  }
  at(line) {
    this.#state.line = line
  }
  text() {
    return this.#parts.join('')
  }
  end() {
    this.#state.line = this.#calledAt
    return this.text()
  }
  loop(list) {
    const keys = []
    if (list === null || list === undefined) return { list: {}, keys, next: 0 }
    const items = Object(list)
    for (const key in items) if (typeof items[key] !== 'function') keys.push(key)
    return { list: items, keys, next: 0 }
  }
}
function makeContext(options) {
  const source = Object(options.data ?? {})
  const context = Object.create(source)
  const define = (name, value) =>
    Object.defineProperty(context, name, { value, writable: true, configurable: true })
  for (const name of options.declares) if (!isAssignable(source, name)) define(name, source[name])
  const table = Object.assign(
    Object.create(null),
    options.modifiers,
    source._MODIFIERS,
  )
  define('_OUT', options.out)
  define('_FLAGS', options.flags)
  define('_MODIFIERS', table)
  define('_MODIFIER', (name) => findModifier(table, name))
  define('_BEGIN', () => new Output(options.state))
  if (!('defined' in source))
    define('defined', (name) => source[name] !== undefined && source[name] !== null)
  return context
}
function isAssignable(source, name) {
  for (let holder = source; holder; holder = Object.getPrototypeOf(holder)) {
    const property = Object.getOwnPropertyDescriptor(holder, name)
    if (property) return property.writable === true
  }
  return true
}
function findModifier(table, name) {
  const modifier = table[name]
  if (typeof modifier === 'function') return modifier
  const known = Object.keys(table).join(', ')
  throw new ReferenceError(
    `there is no modifier "${name}"; there are ${known}, and you can add yours to _MODIFIERS`,
  )
}
const DEFAULT_OUTPUT_LENGTH = 64 * 1024 * 1024
function parseTemplate(
  source,
  name = '(unnamed)',
  modifiers = standardModifiers(),
) {
  const text = String(source)
  const generated = generate(text, name)
  const run = compile(generated, name)
  return {
    name,
    source: text,
    sourceFunc: generated.code,
    process: (data, flags) =>
      processTemplate({ run, name, modifiers, declares: generated.declares }, data, flags ?? {}),
    toString: () => `TrimPath.Template [${name}]`,
  }
}
function compile(generated, name) {
  try {
    return new Function('_OUT', '_CONTEXT', '_FLAGS', generated.code)
  } catch (error) {
    for (const piece of generated.pieces) {
      const fault = syntaxFault(piece.check)
      if (fault)
        throw new TemplateError(name, piece.line, `${piece.shown} is not valid JavaScript: ${fault}`, {
          cause: error,
        })
    }
    throw new TemplateError(name, 1, `the JavaScript in it does not fit together: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
function syntaxFault(code) {
  try {
    new Function(`(${code});`)
    return null
  } catch (error) {
    return messageOf(error)
  }
}
function processTemplate(compiled, data, flags) {
  const { name, modifiers, declares } = compiled
  const state = { line: 1, remaining: flags.maxOutputLength ?? DEFAULT_OUTPUT_LENGTH }
  const out = new Output(state)
  try {
    compiled.run(out, makeContext({ data, modifiers, declares, state, out, flags }), flags)
    return out.text()
  } catch (thrown) {
    const error =
      thrown instanceof TemplateError && thrown.template === name
        ? thrown
        : new TemplateError(name, state.line, messageOf(thrown), { cause: thrown })
    if (flags.throwExceptions) throw error
    const result = new String(`${out.text()}[ERROR: ${error.message}]`)
    return Object.assign(result, { exception: error })
  }
}
function messageOf(thrown) {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
}
function createTrimPath() {
  const standard = { modifierDef: standardModifiers(), ParseError: TemplateError }
  const trimPath = {
    parseTemplate: (source, name, etc) =>
      parseTemplate(
        String(source),
        name ?? undefined,
        (etc ?? trimPath.parseTemplate_etc ?? standard).modifierDef ?? standard.modifierDef,
      ),
    parseTemplate_etc: standard,
  }
  return trimPath
}
function installTrimPath(target) {
  const existing = target.TrimPath
  const trimPath = existing ?? createTrimPath()
  if (!existing)
    Object.defineProperty(target, 'TrimPath', {
      value: trimPath,
      writable: true,
      configurable: true,
      enumerable: true,
    })
  if (Object.hasOwn(target.String.prototype, 'process')) return
  Object.defineProperty(target.String.prototype, 'process', {
    value: function process(              data, flags) {
      return trimPath.parseTemplate(this).process(data, flags)
    },
    writable: true,
    configurable: true,
    enumerable: false,
  })
}
installTrimPath(global);
})(this);
