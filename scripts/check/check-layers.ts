import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import type { Finding } from './finding.ts'
import type { ParsedSource, SourceImport } from './parsed-source.ts'
import { isTestCode, packageFolder } from './source-kind.ts'
import type { WorkspacePackage } from './workspace-package.ts'

/** A package imports only from lower layers (docs/explanation/architecture.md). */
export const LAYERS: Record<string, number> = {
  'packages/core': 0,
  'packages/sprintf': 0,
  'packages/tal': 0,
  'packages/trimpath': 0,
  'packages/froody': 0,
  'packages/link': 1,
  'packages/store': 2,
  'packages/provider': 2,
  'packages/placement': 2,
  'packages/meter': 2,
  'packages/api': 2,
  'packages/runtime': 3,
  'packages/agent': 3,
  'packages/gateway': 3,
  'packages/control': 3,
  'packages/cli': 4,
  'packages/portal': 4,
  'packages/server': 5,
}

/** Adapters (`providers/*`) stand beside the runtime; `sprintf`, `tal` and the like may use core, which has no imports at all. */
const ADAPTER_LAYER = 3

export interface LayerInput {
  sources: ParsedSource[]
  packages: Map<string, WorkspacePackage>
  /** Packages that test code may use anywhere. */
  testTools: Set<string>
}

/** Finds imports that go sideways or up, that package.json does not name, or that step around a package's door. */
export function checkLayers(input: LayerInput): Finding[] {
  const byName = new Map([...input.packages.values()].map((entry) => [entry.name, entry]))
  const findings = [...input.packages.keys()]
    .filter((folder) => layerOf(folder) === null)
    .map((folder) =>
      finding(
        `${folder}/package.json`,
        `${folder} has no layer`,
        'Give it one in scripts/check/check-layers.ts',
      ),
    )
  for (const source of input.sources) {
    const home = input.packages.get(packageFolder(source.path) ?? '')
    if (!home) continue
    for (const entry of source.imports) {
      const wrong = wrongImport(source, entry, home, byName, input.testTools)
      if (wrong) findings.push(wrong)
    }
  }
  return findings
}

function wrongImport(
  source: ParsedSource,
  { specifier, line }: SourceImport,
  home: WorkspacePackage,
  byName: Map<string, WorkspacePackage>,
  testTools: Set<string>,
): Finding | null {
  const where = `${source.path}:${line}`
  if (specifier.startsWith('.')) return wrongRelative(where, source.path, specifier, home)
  if (specifier.startsWith('node:')) return null
  if (isBuiltin(specifier)) return finding(where, `imports "${specifier}"`, `Write "node:${specifier}"`)
  const name = packageName(specifier)
  const target = byName.get(name)
  if (target) return wrongWorkspace(where, specifier, home, target)
  if (home.dependencies.has(name) || (isTestCode(source.path) && testTools.has(name))) return null
  return finding(
    where,
    `imports "${name}", which ${home.folder}/package.json does not name`,
    `Name it in its dependencies`,
  )
}

function wrongRelative(
  where: string,
  path: string,
  specifier: string,
  home: WorkspacePackage,
): Finding | null {
  const target = posix.join(posix.dirname(path), specifier)
  if (target.startsWith(`${home.folder}/`)) return null
  return finding(
    where,
    `reaches into ${target}, past its own package`,
    'Import the other package by its name',
  )
}

function wrongWorkspace(
  where: string,
  specifier: string,
  home: WorkspacePackage,
  target: WorkspacePackage,
): Finding | null {
  if (target === home)
    return finding(where, `imports its own package by name`, 'Import the file that defines it')
  const from = layerOf(home.folder)
  const to = layerOf(target.folder)
  if (from !== null && to !== null && to >= from && !(from === 0 && target.folder === 'packages/core')) {
    const what = `${home.folder} (layer ${from}) imports ${target.folder} (layer ${to})`
    return finding(where, what, 'Move what is shared to a lower layer, or hand it in as an argument')
  }
  if (!home.dependencies.has(target.name)) {
    return finding(
      where,
      `imports "${target.name}", which ${home.folder}/package.json does not name`,
      'Name it in its dependencies',
    )
  }
  if (target.exports.has(`.${specifier.slice(target.name.length)}`)) return null
  return finding(where, `"${specifier}" is no door of ${target.folder}`, `Import one of its exports`)
}

function layerOf(folder: string): number | null {
  if (folder.startsWith('providers/')) return ADAPTER_LAYER
  return LAYERS[folder] ?? null
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function finding(where: string, what: string, todo: string): Finding {
  return { check: 'layers', where, what, todo }
}
