import { readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import { apiReference } from './api-reference.ts'

describe('docs/reference/http-api.md', () => {
  it('says what the table of routes says; else run node packages/api/write-reference.ts', async () => {
    const written = await readFile(new URL('../../../docs/reference/http-api.md', import.meta.url), 'utf8')
    expect(written).toBe(apiReference())
  })
})
