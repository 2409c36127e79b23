import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { isClean, restarts, startsTooOften } from './restart-policy.ts'
import { parseSimpleYaml } from './simple-yaml.ts'
import { allOf, lastOf, parseUnit, spanMs } from './unit-file.ts'
import { partsOf } from './user-data.ts'
import { wordsOf } from './words.ts'

const unit = (text: string) => parseUnit('a.service', '/etc/a', text)

describe('unit files', () => {
  it('have sections, lists that an empty value clears, and lines that go on', () => {
    const read = unit(
      '# no\n[Service]\nEnvironment=A=1\nEnvironment=\nEnvironment=B=2\nExecStart=/bin/x \\\n  y\n; no\n',
    )
    expect(allOf(read, 'Service', 'Environment')).toEqual(['B=2'])
    expect(lastOf(read, 'Service', 'ExecStart')).toBe('/bin/x y')
    expect(lastOf(read, 'Unit', 'ExecStart')).toBeUndefined()
  })

  it('have spans of time', () => {
    expect(['5', '200ms', '1min 30s', 'infinity'].map((one) => spanMs(one, 0))).toEqual([
      5000,
      200,
      90_000,
      2 ** 31 - 1,
    ])
    expect(spanMs(undefined, 7)).toBe(7)
  })

  it('have command lines with quotes and variables', () => {
    const words = wordsOf(`/bin/sh -c 'a "b" $X' "c d" $MANY \${ONE}x $$PATH \\x`, {
      X: '1',
      MANY: 'p q',
      ONE: 'o p',
    })
    expect(words).toEqual(['/bin/sh', '-c', 'a "b" 1', 'c d', 'p', 'q', 'o px', '$PATH', 'x'])
  })

  it('are started again as they say', () => {
    const policy = (text: string) => unit(`[Service]\n${text}`)
    expect(restarts(policy('Restart=on-failure'), 1)).toBe(true)
    expect(restarts(policy('Restart=on-failure'), 0)).toBe(false)
    expect(restarts(policy('Restart=on-failure'), 'SIGTERM')).toBe(false)
    expect(restarts(policy('Restart=on-failure\nRestartPreventExitStatus=2'), 2)).toBe(false)
    expect(restarts(policy('Restart=on-abnormal'), 'SIGSEGV')).toBe(true)
    expect(restarts(policy('Restart=always'), 0)).toBe(true)
    expect(restarts(policy(''), 1)).toBe(false)
    expect(isClean(policy('SuccessExitStatus=143'), 143)).toBe(true)
    const limited = unit('[Unit]\nStartLimitIntervalSec=300\nStartLimitBurst=2\n')
    expect(startsTooOften(limited, [0, 200_000], 250_000)).toBe(true)
    expect(startsTooOften(limited, [0, 200_000], 301_000)).toBe(false)
  })
})

describe('user data', () => {
  it('may be packed, or have several parts', () => {
    expect(partsOf(gzipSync('#!/bin/sh\n'))).toEqual([{ kind: 'script', text: '#!/bin/sh\n' }])
    expect(partsOf(Buffer.alloc(0))).toEqual([])
    const envelope = [
      'Content-Type: multipart/mixed; boundary="B"',
      'MIME-Version: 1.0',
      '',
      '--B',
      'Content-Type: text/cloud-config',
      '',
      '#cloud-config',
      '--B',
      'Content-Type: text/x-shellscript',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from('#!/bin/sh').toString('base64'),
      '--B--',
    ].join('\n')
    expect(partsOf(Buffer.from(envelope)).map(({ kind }) => kind)).toEqual(['cloud-config', 'script'])
  })

  it('may be the YAML of a cloud-config', () => {
    const text = `#cloud-config
write_files:
- path: /etc/a   # where
  permissions: '0600'
  content: |
    one
      two

    three
  encoding: "b64"
- {"path": "/b", "append": true}
runcmd:
  - echo a: b
  - [ "ls", "-l" ]
  - >-
    folded
    text
`
    expect(parseSimpleYaml(text)).toEqual({
      write_files: [
        { path: '/etc/a', permissions: '0600', content: 'one\n  two\n\nthree\n', encoding: 'b64' },
        { path: '/b', append: true },
      ],
      runcmd: ['echo a: b', ['ls', '-l'], 'folded text'],
    })
    expect(() => parseSimpleYaml('a: &x 1')).toThrow('anchors')
    expect(() => parseSimpleYaml('a: 1\nnonsense')).toThrow('nonsense')
  })
})
