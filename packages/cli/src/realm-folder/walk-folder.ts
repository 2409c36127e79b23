import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { PlatformError } from '@openzimki/core'

export interface FoundFile {
  /** Below the walked folder, `/` between parts, Unicode NFC (some file systems hand out NFD). */
  path: string
  /** Where its bytes are, symbolic links resolved. */
  absolute: string
  size: number
}

export interface WalkOptions {
  /** Real path that nothing may lead out of. */
  root: string
  /** More files than this is an error: TOO_LARGE. */
  maxFiles: number
  /** Hidden names that are wanted all the same. */
  keepHidden?: string[]
}

/**
 * All regular files below `folder`, ordered by path in code units, so that the same tree always gives the same list.
 * Hidden names and node_modules are left out; a folder that does not exist is empty. Symbolic links are followed while they stay below
 * `root`. Errors: INVALID_ARGUMENT for a link that leads out, a loop, or what is no file; TOO_LARGE.
 */
export async function walkFolder(folder: string, options: WalkOptions): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  await visit(folder, '', [], { ...options, found })
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

type Visit = WalkOptions & { found: FoundFile[] }

async function visit(folder: string, prefix: string, parents: string[], walk: Visit): Promise<void> {
  const real = await realpath(folder).catch(missing)
  if (real === undefined) return
  insideRoot(real, folder, walk.root)
  if (parents.includes(real)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${folder} is a link to one of its own parents. Remove the link.`,
    )
  }
  const entries = await readdir(real, { withFileTypes: true })
  for (const entry of entries) {
    if (isLeftOut(entry, walk.keepHidden ?? [])) continue
    await visitEntry(join(real, entry.name), `${prefix}${entry.name}`, [...parents, real], walk)
  }
}

async function visitEntry(path: string, name: string, parents: string[], walk: Visit): Promise<void> {
  const absolute = await realpath(path).catch(missing)
  if (absolute === undefined) {
    throw new PlatformError('INVALID_ARGUMENT', `${path} is a link to nothing. Remove it, or mend the link.`)
  }
  insideRoot(absolute, path, walk.root)
  const info = await stat(absolute)
  if (info.isDirectory()) return visit(absolute, `${name}/`, parents, walk)
  if (!info.isFile()) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${path} is neither a file nor a folder. Remove it from the realm folder.`,
    )
  }
  if (walk.found.length >= walk.maxFiles) {
    throw new PlatformError(
      'TOO_LARGE',
      `More than ${walk.maxFiles} files below ${walk.root}. Leave some out of the realm folder.`,
    )
  }
  walk.found.push({ path: name.normalize('NFC'), absolute, size: info.size })
}

function isLeftOut(entry: Dirent, keepHidden: string[]): boolean {
  if (entry.name === 'node_modules') return true
  return entry.name.startsWith('.') && !keepHidden.includes(entry.name)
}

function insideRoot(real: string, path: string, root: string): void {
  if (real === root || real.startsWith(root + sep)) return
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `${path} leads out of the realm folder, to ${real}. Copy the file into the folder instead of linking to it.`,
  )
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  if (error.code !== 'ELOOP') throw error
  throw new PlatformError('INVALID_ARGUMENT', `${error.path} is a loop of links. Remove the link.`)
}
