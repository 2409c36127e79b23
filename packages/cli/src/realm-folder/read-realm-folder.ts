import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { ARTIFACT_BOUNDS, artifact as artifactSchema } from '@openzimki/api'
import { type Artifact, type ArtifactFile, type NamedText, PlatformError } from '@openzimki/core'
import { mapBounded } from '../map-bounded.ts'
import { bundleModule } from './bundle-module.ts'
import { mimetypeOf } from './mimetype.ts'
import { LOOKS_LIKE, openRealmFolder } from './open-realm-folder.ts'
import type { RealmJson } from './realm-json.ts'
import { throwUnreadable } from './unreadable.ts'
import { type FoundFile, walkFolder } from './walk-folder.ts'

/** A realm as it lies on disk, ready to be deployed. */
export interface RealmFolder {
  /** Real path. */
  folder: string
  /** `name` of realm.json. */
  name: string | undefined
  artifact: Artifact
  /** Where the bytes of each blob of the artifact are: digest to absolute path. */
  blobs: Map<string, string>
}

/** Open files are few: 1,024 for a process is a common limit. */
const FILES_AT_ONCE = 32

/**
 * Reads and, for the module kind, bundles a realm folder (ZIMKI-API section 1). The same folder always gives the same artifact.
 * Errors: NOT_FOUND and INVALID_ARGUMENT say what a realm folder looks like; SCRIPT_ERROR from the bundler; TOO_LARGE.
 */
export function readRealmFolder(path: string): Promise<RealmFolder> {
  return readAll(path).catch(throwUnreadable)
}

async function readAll(path: string): Promise<RealmFolder> {
  const { folder, realm } = await openRealmFolder(path)
  const walk = (sub: string) =>
    walkFolder(join(folder, sub), {
      root: folder,
      maxFiles: ARTIFACT_BOUNDS.files,
      keepHidden: ['.well-known'],
    })
  const [scripts, templates, tests, found] = await Promise.all(
    ['javascript', 'templates', 'unittests', 'files'].map(walk),
  )
  const code = await readCode(folder, realm, scripts!.filter(isJavaScript))
  const artifact: Artifact = {
    format: 1,
    kind: realm.type,
    ...code,
    templates: await readTexts(templates!),
    tests: await readTexts(tests!.filter(isJavaScript)),
    files: await mapBounded(found!, FILES_AT_ONCE, describeFile),
    classes: realm.classes,
    env: realm.env,
    limits: realm.limits,
    schedules: realm.schedules,
    shared: realm.shared,
  }
  checkBounds(artifact)
  const blobs = new Map(artifact.files.map((file, index) => [file.digest, found![index]!.absolute]))
  return { folder, name: realm.name, artifact, blobs }
}

async function readCode(
  folder: string,
  realm: RealmJson,
  scripts: FoundFile[],
): Promise<Pick<Artifact, 'scripts' | 'main'>> {
  if (realm.type === 'module')
    return { scripts: [], main: await bundleModule(folder, await findMain(folder, realm.main!)) }
  if (scripts.length > 0) return { scripts: await readTexts(scripts) }
  const message = `${folder} has no program: there is no .js file in javascript/, and realm.json does not say "type": "module".`
  throw new PlatformError('INVALID_ARGUMENT', `${message}\n${LOOKS_LIKE}`)
}

/** The entry as a clean relative path. It must be a file of the folder, or a folder could name any file of this machine. */
async function findMain(folder: string, main: string): Promise<string> {
  const absolute = await realpath(resolve(folder, main)).catch(() => undefined)
  if (absolute?.startsWith(folder + sep)) return relative(folder, absolute).split(sep).join('/')
  const why = absolute ? 'is outside the realm folder' : 'does not exist'
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `realm.json: "main" is "${main}", which ${why}. Name the entry of the module, such as "src/main.ts".`,
  )
}

function readTexts(files: FoundFile[]): Promise<NamedText[]> {
  return Promise.all(
    files.map(async ({ path, absolute }) => ({ name: path, source: await readText(path, absolute) })),
  )
}

async function readText(path: string, absolute: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(absolute))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw cause
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${path} is not UTF-8 text. Save it as UTF-8, or move it to files/.`,
      { cause },
    )
  }
}

async function describeFile({ path, absolute }: FoundFile): Promise<ArtifactFile> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(absolute)) {
    hash.update(chunk)
    size += chunk.length
  }
  return { path, mimetype: mimetypeOf(path), digest: hash.digest('hex'), size }
}

function isJavaScript(file: FoundFile): boolean {
  return file.path.endsWith('.js')
}

/** The platform's own check, before anything is sent. */
function checkBounds(value: Artifact): void {
  const result = artifactSchema.safeParse(value)
  if (result.success) return
  const lines = result.error.issues.map((issue) => `${namedPart(value, issue.path)}: ${issue.message}`)
  throw new PlatformError('INVALID_ARGUMENT', lines.join('\n'))
}

/** `files "a.txt" size` in place of `files.0.size`. */
function namedPart(value: Artifact, path: PropertyKey[]): string {
  const [list, index, ...rest] = path
  const item =
    typeof index === 'number'
      ? (value as unknown as Record<PropertyKey, unknown[]>)[list!]?.[index]
      : undefined
  const name =
    item && typeof item === 'object' && ('path' in item ? item.path : 'name' in item ? item.name : undefined)
  return (name === undefined ? path : [list, JSON.stringify(name), ...rest]).map(String).join(' ')
}
