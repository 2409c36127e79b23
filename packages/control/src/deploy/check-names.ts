import type { Artifact } from '@openzimki/core'
import type { ObjectStore } from '@openzimki/store'
import { noClass } from '../users.ts'
import type { Fault } from './fault.ts'
import { missingNames } from './named-texts.ts'

/** Class in which programs keep the files that they make. */
const FILE_CLASS = 'zimki_file'

/** Each template or library file that is named and that neither the artifact nor the realm has. */
export async function* nameFaults(
  artifact: Artifact,
  realm: string,
  objects: ObjectStore,
): AsyncGenerator<Fault> {
  for (const { kind, name, file, line } of missingNames(artifact)) {
    if (await madeByProgram(objects, realm, name)) continue
    const folder = kind === 'template' ? 'templates' : 'javascript or files'
    const message = `missing ${kind} "${name}". Put it into ${folder}, or mend the name`
    yield { file, line, column: null, message }
  }
}

async function madeByProgram(objects: ObjectStore, realm: string, path: string): Promise<boolean> {
  const query = { terms: { path: path.replace(/^\/+/, '') }, page: 1, perPage: 1 }
  const found = await objects.search(realm, FILE_CLASS, query).catch(noClass)
  return (found?.length ?? 0) > 0
}
