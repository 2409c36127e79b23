import { readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import { cliReference, processIo } from '@openzimki/cli'
import { zimkiProgram } from './zimki-program.ts'

describe('docs/reference/cli.md', () => {
  it('says what the program says; else run node packages/server/write-cli-reference.ts', async () => {
    const written = await readFile(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8')
    expect(written).toBe(cliReference(zimkiProgram(processIo())))
  })
})
