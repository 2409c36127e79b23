// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${} is the language under test
import { readFileSync } from 'node:fs'
import { createContext, runInContext } from 'node:vm'
import { describe, expect, it } from '@jest/globals'
import { trimpathLibrarySource } from '../library/library-source.ts'
import { createTrimPath } from './index.ts'

const libraryFile = new URL('../library/trimpath.js', import.meta.url)
const withLibrary = (times = 1) => {
  const context = createContext({})
  for (let i = 0; i < times; i++) runInContext(trimpathLibrarySource(), context)
  return (code: string): unknown => runInContext(code, context)
}

describe('the global TrimPath of programs of 2006', () => {
  it('parses, with and without a name, and takes modifiers that programs add', () => {
    const trimPath = createTrimPath()
    const template = trimPath.parseTemplate('${x|twice}')
    trimPath.parseTemplate_etc.modifierDef.twice = (value) => `${value}${value}`
    expect(template.process({ x: 'ab' })).toBe('abab')
    expect(trimPath.parseTemplate('a', 'n').name).toBe('n')
    expect(() => trimPath.parseTemplate('{if}')).toThrow(trimPath.parseTemplate_etc.ParseError)
  })

  it('keeps the modifiers of two of them apart', () => {
    createTrimPath().parseTemplate_etc.modifierDef.mine = () => 'x'
    expect(createTrimPath().parseTemplate_etc.modifierDef.mine).toBeUndefined()
  })
})

describe('ZIMKI-API 6: the library trimpath.js', () => {
  it('is what the source makes', () => {
    expect(readFileSync(libraryFile, 'utf8')).toBe(trimpathLibrarySource())
  })

  it('defines TrimPath and String.prototype.process as a global script with nothing but the language', () => {
    const run = withLibrary()
    expect(run('TrimPath.parseTemplate("a ${x|h}").process({ x: "<" })')).toBe('a &lt;')
    expect(run('"{for x in l}${x}{/for}".process({ l: [1, 2] })')).toBe('12')
    expect(run('typeof TrimPath.processDOMTemplate')).toBe('undefined')
  })

  it('adds nothing that for...in would find, and no other global', () => {
    const run = withLibrary()
    expect(
      run(
        'var names = []; for (var k in "a") names.push(k); for (k in [1]) names.push(k); for (k in {}) names.push(k); names.join()',
      ),
    ).toBe('0,0')
    const namesOf =
      "Object.getOwnPropertyNames(globalThis).filter(function (n) { return n !== 'k' && n !== 'names' }).sort().join()"
    const bare = runInContext(`var TrimPath; ${namesOf}`, createContext({}))
    expect(run(namesOf)).toBe(bare)
    expect(run('Object.keys(globalThis).sort().join()')).toBe('TrimPath,k,names')
  })

  it('may be required twice, and leaves a TrimPath that is there already', () => {
    expect(withLibrary(2)('"${1}".process()')).toBe('1')
    const context = createContext({ TrimPath: { mine: true } })
    runInContext(trimpathLibrarySource(), context)
    expect(runInContext('TrimPath.mine', context)).toBe(true)
  })

  it('says template and line in errors', () => {
    const run = withLibrary()
    expect(run('String("a\\n${nope}".process({}))')).toBe(
      'a\n[ERROR: template "(unnamed)", line 2: ReferenceError: nope is not defined]',
    )
    expect(
      run('try { TrimPath.parseTemplate("\\n{if}", "p.jst") } catch (e) { e.line + e.message }'),
    ).toContain('2template "p.jst"')
  })
})
