import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openIdentityFile } from './identity-file.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identity-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('openIdentityFile', () => {
  it('makes one that its owner alone can read, and finds it again', async () => {
    const path = join(folder, 'deep', 'key.pem')
    const first = await openIdentityFile(path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder, 'deep'))).toEqual(['key.pem'])
    await chmod(path, 0o644)
    expect((await openIdentityFile(path)).publicKey).toBe(first.publicKey)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('makes another in place of one that a crash kept from getting its name', async () => {
    await writeFile(join(folder, 'key.pem.new'), '-----BEGIN PRIV')
    await openIdentityFile(join(folder, 'key.pem'))
    expect(await readdir(folder)).toEqual(['key.pem'])
  })

  it('never puts a new one in the place of what it cannot read', async () => {
    await writeFile(join(folder, 'key.pem'), 'not a key')
    await expect(openIdentityFile(join(folder, 'key.pem'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})
