import { type Artifact, maskCode } from '@openzimki/core'

export type Engine = 'tal' | 'trimpath'

/** A place in the program where a template or a library file is named by a literal. */
export interface NameUse {
  kind: 'template' | 'library'
  name: string
  /** The program's file, as its author knows it. */
  file: string
  line: number
}

export interface TemplateUse extends NameUse {
  kind: 'template'
  engine: Engine
}

interface Script {
  file: string
  source: string
  masked: string
}

const RENDER = /\bzimki\s*\.\s*render\s*\.\s*(tal|trimpath)\s*\(\s*(["'])( *)\2\s*[,)]/g
const REQUIRE = /\bzimki\s*\.\s*library\s*\.\s*(require)\s*\(\s*(["'])( *)\2\s*\)/g

/** Every template and library file that the scripts name by a plain literal and that the artifact does not have. */
export function* missingNames(artifact: Artifact): Generator<NameUse> {
  const templates = new Set(artifact.templates.map((text) => text.name))
  const files = new Set(artifact.files.map((file) => file.path))
  const libraries = new Set(artifact.scripts.map((text) => text.name))
  for (const script of scriptsOf(artifact)) {
    for (const { name, line } of uses(RENDER, script)) {
      if (!templates.has(name) && !files.has(normal(name)))
        yield { kind: 'template', name, file: script.file, line }
    }
    for (const { name, line } of uses(REQUIRE, script)) {
      if (!libraries.has(normal(name)) && !files.has(normal(name)))
        yield { kind: 'library', name, file: script.file, line }
    }
  }
}

/** Where each template is first named by a plain literal, once for each language that it is rendered in. */
export function* templateUses(artifact: Artifact): Generator<TemplateUse> {
  const seen = new Set<string>()
  for (const script of scriptsOf(artifact)) {
    for (const { name, line, method } of uses(RENDER, script)) {
      const engine: Engine = method === 'tal' ? 'tal' : 'trimpath'
      const key = `${engine} ${name}`
      if (seen.has(key)) continue
      seen.add(key)
      yield { kind: 'template', engine, name, file: script.file, line }
    }
  }
}

/** Only the `script` kind has `zimki.render`; of the others `scripts` is empty. */
function* scriptsOf(artifact: Artifact): Generator<Script> {
  for (const { name, source } of artifact.scripts)
    yield { file: `javascript/${name}`, source, masked: maskCode(source) }
}

const normal = (name: string): string => name.replace(/^\/+/, '')

function* uses(
  pattern: RegExp,
  { source, masked }: Script,
): Generator<{ name: string; line: number; method: string }> {
  let line = 1
  let counted = 0
  for (const match of masked.matchAll(pattern)) {
    const [text, method = '', quote = '', blank = ''] = match
    line += newlines(source, counted, match.index)
    counted = match.index
    const start = match.index + text.indexOf(quote) + 1
    const name = source.slice(start, start + blank.length)
    // An escape would have to be read as the language reads it: leave those to the run.
    if (!name.includes('\\')) yield { name, line, method }
  }
}

/** Looks at no character twice, so that a file of one endless line costs no more than another. */
function newlines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === 10) count += 1
  return count
}
