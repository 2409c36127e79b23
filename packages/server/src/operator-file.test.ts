import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { writeOperatorFile } from './operator-file.ts'

let folder: string
let data: DataDirectory
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zimki-operator-'))
  data = await openDataDirectory(folder)
})
afterEach(() => rm(folder, { recursive: true }))

const FIRST = { account: 'operators', token: 'first' }
const RENEWED = { account: 'operators', token: 'renewed' }
const never = () => Promise.reject(new Error('a new token was not to be made'))

const written = async () => ({
  mode: (await stat(data.operatorFile)).mode & 0o777,
  file: JSON.parse(await readFile(data.operatorFile, 'utf8')) as unknown,
})

describe('operator.json', () => {
  it('has the address, the account and its token, for its owner alone', async () => {
    await writeOperatorFile(data, 'http://localhost:1', FIRST, never)
    expect(await written()).toEqual({ mode: 0o600, file: { url: 'http://localhost:1', ...FIRST } })
  })

  it('keeps its token and gets the address of this start, and is closed again if somebody opened it', async () => {
    await writeOperatorFile(data, 'http://localhost:1', FIRST, never)
    await chmod(data.operatorFile, 0o644)
    await writeOperatorFile(data, 'http://localhost:2', null, never)
    expect(await written()).toEqual({ mode: 0o600, file: { url: 'http://localhost:2', ...FIRST } })
  })

  it.each([
    ['lost', undefined],
    ['cut off', '{ "url": "http://loc'],
    ['without a token', '{ "account": "operators" }'],
  ])('gets a new token when the file is %s', async (_how, left) => {
    if (left !== undefined) await writeFile(data.operatorFile, left)
    await writeOperatorFile(data, 'http://localhost:3', null, async () => RENEWED)
    expect(await written()).toEqual({ mode: 0o600, file: { url: 'http://localhost:3', ...RENEWED } })
  })

  it('says so when there is no account to make a token for', async () => {
    const lost = writeOperatorFile(data, 'http://localhost:4', null, async () => null)
    await expect(lost).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('no operator account'),
    })
  })
})
