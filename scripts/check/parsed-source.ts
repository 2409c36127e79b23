import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast'
import { createVirtualFileSystem } from 'typescript/unstable/fs'
import { API, type Program } from 'typescript/unstable/sync'
import type { SourceTree } from './source-tree.ts'

export interface SourceImport {
  specifier: string
  line: number
}

export interface SourceFunction {
  name: string
  line: number
  /** Lines from its first to its last, comments before it not counted. */
  lines: number
}

export interface ParsedSource {
  path: string
  lines: number
  /** Lines that hold nothing but a comment, and lines that hold anything. */
  commentLines: number
  filledLines: number
  /** Type imports, re-exports and `import()` with a literal too. */
  imports: SourceImport[]
  functions: SourceFunction[]
}

/**
 * Parses the sources of a tree with TypeScript's own parser. Nothing is resolved or type-checked, so it takes well under a
 * second. esbuild's metafile would not do: it leaves type imports out, and they make cycles too.
 */
export function parseSources(tree: SourceTree): ParsedSource[] {
  const paths = [...tree.keys()].filter((path) => !path.endsWith('.json'))
  if (paths.length === 0) return []
  const compilerOptions = {
    noResolve: true,
    noLib: true,
    allowJs: true,
    types: [],
    module: 'esnext',
    target: 'esnext',
  }
  const config = JSON.stringify({ compilerOptions, files: paths.map((path) => `/${path}`) })
  const files = Object.fromEntries(paths.map((path) => [`/${path}`, tree.get(path) ?? '']))
  const api = new API({ cwd: '/', fs: createVirtualFileSystem({ ...files, '/tsconfig.json': config }) })
  try {
    const [project] = api.updateSnapshot({ openProjects: ['/tsconfig.json'] }).getProjects()
    if (!project) throw new Error('TypeScript opened no project for the sources')
    return paths.map((path) => parseOne(project.program, path, tree.get(path) ?? ''))
  } finally {
    api.close()
  }
}

function parseOne(program: Program, path: string, text: string): ParsedSource {
  const source = program.getSourceFile(`/${path}`)
  if (!source) throw new Error(`TypeScript did not parse ${path}`)
  const lineOf = lineCounter(text)
  const imports: SourceImport[] = []
  const functions: SourceFunction[] = []
  const visit = (node: Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== null) imports.push({ specifier, line: lineOf(node.getStart(source)) })
    if (isFunctionWithBody(node)) functions.push(functionOf(node, source, lineOf))
    node.forEachChild(visit)
  }
  visit(source)
  return { path, ...countLines(text), imports, functions }
}

const FUNCTIONS = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
])

interface MaybeParts {
  body?: Node
  name?: Node
  moduleSpecifier?: Node & { text?: string }
  expression?: Node
  arguments?: readonly (Node & { text?: string })[]
  argument?: { literal?: Node & { text?: string } }
}

function isFunctionWithBody(node: Node): boolean {
  return FUNCTIONS.has(node.kind) && (node as MaybeParts).body !== undefined
}

function functionOf(node: Node, source: SourceFile, lineOf: (position: number) => number): SourceFunction {
  const line = lineOf(node.getStart(source))
  if (node.kind === SyntaxKind.Constructor)
    return { name: 'constructor', line, lines: lineOf(node.end) - line + 1 }
  // A function without a name of its own goes by what it is assigned to.
  const name = (node as MaybeParts).name ?? (node.parent as MaybeParts | undefined)?.name
  return { name: name?.getText(source) ?? '(anonymous)', line, lines: lineOf(node.end) - line + 1 }
}

/** What a node imports: `import`, `export ... from`, `import()`, and `import('x').T` in a type. */
function specifierOf(node: Node): string | null {
  const parts = node as MaybeParts
  if (node.kind === SyntaxKind.ImportDeclaration || node.kind === SyntaxKind.ExportDeclaration) {
    return parts.moduleSpecifier?.text ?? null
  }
  if (node.kind === SyntaxKind.CallExpression && parts.expression?.kind === SyntaxKind.ImportKeyword) {
    return parts.arguments?.[0]?.text ?? null
  }
  if (node.kind === SyntaxKind.ImportType) return parts.argument?.literal?.text ?? null
  return null
}

function lineCounter(text: string): (position: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (position) => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= position) low = middle
      else high = middle
    }
    return low + 1
  }
}

function countLines(text: string): Pick<ParsedSource, 'lines' | 'commentLines' | 'filledLines'> {
  const all = text.split('\n')
  if (all.at(-1) === '') all.pop()
  const filled = all.map((line) => line.trim()).filter((line) => line !== '')
  const comments = filled.filter((line) => /^(?:\/\/|\/\*|\*)/.test(line))
  return { lines: all.length, commentLines: comments.length, filledLines: filled.length }
}
