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
export function* missingNames(artifact: Artifact): Generator<NameUse> {
  const files = artifact.files.map((file) => file.path)
  const templates = new Set([...artifact.templates.map((text) => text.name), ...files])
  const libraries = new Set([...artifact.scripts.map((text) => text.name), ...files])
  for (const { name, source } of artifact.scripts) {
    const masked = maskCode(source)
    const script = { file: `javascript/${name}`, source, masked }
    for (const use of uses('template', RENDER, script)) if (!templates.has(normal(use.name))) yield use
    for (const use of uses('library', REQUIRE, script)) if (!libraries.has(normal(use.name))) yield use
  }
}

const normal = (name: string): string => name.replace(/^\/+/, '')

function* uses(
  kind: NameUse['kind'],
  pattern: RegExp,
  { file, source, masked }: { file: string; source: string; masked: string },
): Generator<NameUse> {
  let line = 1
  let counted = 0
  for (const match of masked.matchAll(pattern)) {
    const [text, quote = '', blank = ''] = match
    line += newlines(source, counted, match.index)
    counted = match.index
    const start = match.index + text.indexOf(quote) + 1
    const name = source.slice(start, start + blank.length)
    // An escape would have to be read as the language reads it: leave those to the run.
    if (!name.includes('\\')) yield { kind, name, file, line }
  }
}

/** Looks at no character twice, so that a file of one endless line costs no more than another. */
function newlines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === 10) count += 1
  return count
}
