import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

/** The sources of the template language, each after those it imports. */
const FILES = [
  'template-error',
  'modifiers',
  'line-counter',
  'segment',
  'expression',
  'section',
  'statement',
  'generate',
  'output',
  'context',
  'template',
  'trimpath-object',
]

const HEADER = `// TrimPath JavaScript Templates for OpenZimki realms: zimki.library.require('library', 'trimpath.js').
// Generated from packages/trimpath/src by library/write-library.ts; do not edit.
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
`

/** The template language as one global script, which defines \`TrimPath\` and \`String.prototype.process\`. Node only. */
export function trimpathLibrarySource(): string {
  const bodies = FILES.map((file) =>
    scriptOf(readFileSync(new URL(`../src/${file}.ts`, import.meta.url), 'utf8')),
  )
  return `${HEADER}(function (global) {\n'use strict';\n${bodies.join('\n')}\ninstallTrimPath(global);\n})(this);\n`
}

/** A module of ours without types, comments, imports and exports: all of them share one scope. */
function scriptOf(source: string): string {
  return (
    stripTypeScriptTypes(source)
      .replace(/^import[^;]*?from '[^']+'$/gms, '')
      .replace(/^export /gm, '')
      .split('\n')
      // Where types were there are blanks now. No string of ours has two of them before these characters.
      .map((line) =>
        line
          .replace(/(?<=\S) {2,}(?=[,):;])/g, '')
          .replace(/(?<=\S) {2,}(?=[={])/g, ' ')
          .trimEnd(),
      )
      .filter((line) => line !== '' && !/^\s*(?:\/\*\*|\*\/|\* |\*$|\/\/)/.test(line))
      .join('\n')
  )
}
