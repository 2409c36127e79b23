import type { RealmLimits } from './limits.ts'

/** `script`: the programs of 2006, one shared global context. `module`: `export default { fetch }`. */
export type RealmKind = 'script' | 'module'

/** A named text of a realm: a JavaScript piece, a template or a unit test. */
export interface NamedText {
  /** Path relative to its folder, `/` between parts, no leading slash. */
  name: string
  source: string
}

/** A published file. Its bytes are a blob; `path` has no leading slash. */
export interface ArtifactFile {
  path: string
  mimetype: string
  /** SHA-256 of the content, lower-case hex. */
  digest: string
  size: number
}

/**
 * Everything a deployment is. Immutable; its id is the SHA-256 of its canonical JSON (`canonicalJson`), so the same
 * folder always makes the same deployment.
 */
export interface Artifact {
  format: 1
  kind: RealmKind
  /** Script kind: run in this order in one global context. */
  scripts: NamedText[]
  /** Module kind: one bundled ES module and its source map (JSON text). */
  main?: { name: string; source: string; map?: string }
  templates: NamedText[]
  tests: NamedText[]
  files: ArtifactFile[]
  /** Classes made when the deployment goes live, where missing. */
  classes: string[]
  env: Record<string, string>
  limits: Partial<RealmLimits>
  schedules: { cron: string; function: string }[]
  /** Names of scripts and files that other realms may require. */
  shared: string[]
}
