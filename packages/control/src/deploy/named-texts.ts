import type { Artifact } from '@openzimki/core'
import { maskCode } from './mask-code.ts'

/** A place in the program where a template or a library file is named by a literal. */
export interface NameUse {
  kind: 'template' | 'library'
  name: string
  /** The program's file, as its author knows it. */
  file: string
  line: number
}

const RENDER = /\bzimki\s*\.\s*render\s*\.\s*(?:tal|trimpath)\s*\(\s*(["'])( *)\1\s*[,)]/g
const REQUIRE = /\bzimki\s*\.\s*library\s*\.\s*require\s*\(\s*(["'])( *)\1\s*\)/g

/** Every template and library file that the scripts name by a plain literal and that the artifact does not have. */
export function missingNames(artifact: Artifact): NameUse[] {
  const files = artifact.files.map((file) => file.path)
  const templates = new Set([...artifact.templates.map((text) => text.name), ...files])
  const libraries = new Set([...artifact.scripts.map((text) => text.name), ...files])
  return artifact.scripts.flatMap(({ name, source }) => {
    const masked = maskCode(source)
    const file = `javascript/${name}`
    return [
      ...uses('template', RENDER, source, masked, file).filter((use) => !templates.has(normal(use.name))),
      ...uses('library', REQUIRE, source, masked, file).filter((use) => !libraries.has(normal(use.name))),
    ]
  })
}

const normal = (name: string): string => name.replace(/^\/+/, '')

function uses(
  kind: NameUse['kind'],
  pattern: RegExp,
  source: string,
  masked: string,
  file: string,
): NameUse[] {
  return [...masked.matchAll(pattern)].flatMap((match) => {
    const [text, quote = '', blank = ''] = match
    const start = match.index + text.indexOf(quote) + 1
    const name = source.slice(start, start + blank.length)
    // An escape would have to be read as the language reads it: leave those to the run.
    if (name.includes('\\')) return []
    return [{ kind, name, file, line: source.slice(0, match.index).split('\n').length }]
  })
}
