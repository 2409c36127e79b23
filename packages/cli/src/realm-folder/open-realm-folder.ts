import { readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformError } from '@openzimki/core'
import { parseRealmJson, type RealmJson } from './realm-json.ts'

/** For everyone who hands in something else. */
export const LOOKS_LIKE = `A realm folder looks like this:
  realm.json       { "name": "hello", "type": "script" }
  javascript/*.js  the program, run in name order (type "script")
  src/main.ts      or one module, named by "main" (type "module")
  templates/       templates for zimki.render
  files/           published as they are
  unittests/*.js   run by "zimki test"
Make one with "zimki init <folder>".`

/** The real path of a realm folder and its realm.json. Errors: NOT_FOUND, INVALID_ARGUMENT. */
export async function openRealmFolder(path: string): Promise<{ folder: string; realm: RealmJson }> {
  const folder = await realFolder(path)
  return { folder, realm: await readRealmJson(folder) }
}

async function realFolder(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined)
  if (!info) throw new PlatformError('NOT_FOUND', `There is no folder ${path}.\n${LOOKS_LIKE}`)
  if (!info.isDirectory())
    throw new PlatformError('INVALID_ARGUMENT', `${path} is not a folder.\n${LOOKS_LIKE}`)
  return realpath(path)
}

async function readRealmJson(folder: string): Promise<RealmJson> {
  const file = join(folder, 'realm.json')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${folder} is not a realm folder: it has no realm.json.\n${LOOKS_LIKE}`,
    )
  })
  return await parseRealmJson(text, 'realm.json')
}
