import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RealmKind } from '@openzimki/core'
import { WARM_UP } from './warm-up.ts'

/** Paths of the startup snapshots, one for each kind of realm. */
export type PreludePaths = Record<RealmKind, string>

const KINDS: RealmKind[] = ['script', 'module']

/** Entry of the prelude of a kind, among the sources or what was built of them. */
export function preludeEntry(kind: RealmKind): string {
  const file = `${kind}-prelude${extname(import.meta.filename)}`
  return fileURLToPath(new URL(`../isolate/${file}`, import.meta.url))
}

/** One script out of our own sources, for an isolate that knows nothing but the language. */
export async function bundlePrelude(kind: RealmKind): Promise<string> {
  const { build } = await import('esbuild')
  const result = await build({
    entryPoints: [preludeEntry(kind)],
    bundle: true,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2024',
    minify: true,
    write: false,
    legalComments: 'none',
  })
  return result.outputFiles[0]!.text
}

/**
 * Makes the snapshots that are missing in `directory` and answers where they are. Their names hold the digest of the code
 * and of the engine, so a stale one is never used. Runs our code only; no realm's code ever gets near a snapshot.
 */
export async function ensurePreludes(directory: string): Promise<PreludePaths> {
  await mkdir(directory, { recursive: true })
  const paths = {} as PreludePaths
  for (const kind of KINDS) {
    const code = await bundlePrelude(kind)
    const digest = createHash('sha256')
      .update(process.version)
      .update(process.arch)
      .update(code)
      .update(WARM_UP[kind])
      .digest('hex')
    paths[kind] = join(directory, `prelude-${kind}-${digest.slice(0, 16)}.blob`)
    if (!existsSync(paths[kind])) await writeSnapshot(paths[kind], code, WARM_UP[kind])
  }
  return paths
}

/** Whole or not at all, whoever makes the same at the same time: in this process, or in a container whose processes have the same numbers. */
async function writeSnapshot(path: string, code: string, warmUp: string): Promise<void> {
  const { default: ivm } = await import('isolated-vm')
  const snapshot = ivm.Isolate.createSnapshot([{ code, filename: 'prelude.js' }], warmUp)
  const temporary = `${path}.${randomUUID()}.tmp`
  await writeFile(temporary, Buffer.from(snapshot.copy()))
  await rename(temporary, path)
}

/** Reads a snapshot into what `new ivm.Isolate({ snapshot })` takes. */
export async function readSnapshot(path: string): Promise<import('isolated-vm').ExternalCopy<ArrayBuffer>> {
  const { default: ivm } = await import('isolated-vm')
  const bytes = await readFile(path)
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  return new ivm.ExternalCopy(buffer)
}
