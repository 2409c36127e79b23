import { type Artifact, PlatformError } from '@openzimki/core'
import type { ObjectStore } from '@openzimki/store'
import { noClass } from '../users.ts'
import { missingNames, type NameUse } from './named-texts.ts'

/** Class in which programs keep the files that they make. */
const FILE_CLASS = 'zimki_file'
/** What is missing beyond this many is found at the next attempt. */
const MAX_TOLD = 100

/**
 * Refuses an artifact that names a template or library file which neither it nor the realm has: SCRIPT_ERROR with file and line.
 * Names that are put together at run time are not looked at.
 */
export async function checkNames(artifact: Artifact, realm: string, objects: ObjectStore): Promise<void> {
  const missing: NameUse[] = []
  for (const use of missingNames(artifact)) {
    if (!(await madeByProgram(objects, realm, use.name))) missing.push(use)
    if (missing.length === MAX_TOLD) break
  }
  const [first] = missing
  if (!first) return
  const folder = first.kind === 'template' ? 'templates' : 'javascript or files'
  throw new PlatformError(
    'SCRIPT_ERROR',
    `${first.file}:${first.line}: missing ${first.kind} "${first.name}". ` +
      `Put it into ${folder}, or mend the name. Nothing was deployed`,
    { details: { file: first.file, line: first.line, missing } },
  )
}

async function madeByProgram(objects: ObjectStore, realm: string, path: string): Promise<boolean> {
  const query = { terms: { path: path.replace(/^\/+/, '') }, page: 1, perPage: 1 }
  const found = await objects.search(realm, FILE_CLASS, query).catch(noClass)
  return (found?.length ?? 0) > 0
}
