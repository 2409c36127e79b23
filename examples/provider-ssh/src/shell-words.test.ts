import { execFileSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'
import { shellExports, shellWord } from './shell-words.ts'

const HOSTILE = [
  '',
  "'",
  "'; touch /tmp/x; '",
  "'\\''",
  '$(id) `id` ${IFS} $HOME',
  '\\',
  "\\'",
  'a\nb\n',
  '"',
  '!!',
  '*',
  '~',
  '-n',
  '# no comment',
  ' é 漢 \t\r\x01',
]

const sh = (script: string) => execFileSync('/bin/sh', { input: script, env: {}, encoding: 'utf8' })

describe('a shell word', () => {
  it.each(HOSTILE)('means exactly %j', (text) => {
    expect(sh(`printf '<%s>' ${shellWord(text)} end`)).toBe(`<${text}><end>`)
  })

  it.each(HOSTILE)('gets %j into the environment as it is', (value) => {
    const tell = 'process.stdout.write(process.env.VALUE)'
    expect(sh(`${shellExports({ VALUE: value })}${shellWord(process.execPath)} -e ${shellWord(tell)}`)).toBe(
      value,
    )
  })

  it('refuses what no shell can hold', () => {
    expect(() => shellWord('a\0b')).toThrow(/NUL/)
    for (const name of ['', 'A B', 'A;id', 'A\n', '$(id)', '1A', "A'"]) {
      expect(() => shellExports({ [name]: 'x' })).toThrow(/no identifier/)
    }
  })
})
