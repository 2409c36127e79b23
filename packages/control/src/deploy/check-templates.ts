import { setImmediate } from 'node:timers/promises'
import type { Artifact } from '@openzimki/core'
import type { BlobStore } from '@openzimki/store'
import { compileTal, TemplateError as TalError } from '@openzimki/tal'
import { parseTemplate, TemplateError as TrimPathError } from '@openzimki/trimpath'
import type { Fault } from './fault.ts'
import { type Engine, type TemplateUse, templateUses } from './named-texts.ts'

/**
 * A template larger than this is first read when it is rendered, in a cell, and so is what comes after the second bound: parsing is
 * linear but cannot be interrupted, about 0.1 s here for the worst there is.
 */
export const TEMPLATE_BOUNDS = { oneBytes: 256 * 1024, allBytes: 4 * 1024 * 1024 } as const

/** Parsing runs nothing of a template. */
const PARSERS: Record<Engine, (source: string, name: string) => unknown> = {
  tal: (source, name) => compileTal(source, { name }),
  trimpath: (source, name) => parseTemplate(source, name),
}

/**
 * Each template that the scripts name by a literal and that does not parse in the language it is rendered in: at most one fault each.
 * The artifact's files must be the realm's own, because a fault shows a part of the text.
 */
export async function* templateFaults(artifact: Artifact, blobs: BlobStore): AsyncGenerator<Fault> {
  const texts = textsOf(artifact, blobs)
  const seen = new Set<string>()
  let remaining: number = TEMPLATE_BOUNDS.allBytes
  for (const use of templateUses(artifact)) {
    const text = texts.get(use.name) ?? texts.get(`/${use.name.replace(/^\/+/, '')}`)
    // One file may be called by several names.
    const key = `${use.engine} ${text?.file}`
    if (!text || text.bytes > TEMPLATE_BOUNDS.oneBytes || seen.has(key)) continue
    seen.add(key)
    const source = await text.read()
    remaining -= source === null ? TEMPLATE_BOUNDS.oneBytes : Buffer.byteLength(source)
    if (remaining < 0) return
    const fault = source === null ? null : faultOf(text.file, source, use)
    if (fault) yield fault
    // What else control has to do comes in between.
    await setImmediate()
  }
}

interface TemplateText {
  file: string
  /** Of a file, what the artifact claims. */
  bytes: number
  /** Null where it is larger than claimed. */
  read(): Promise<string | null>
}

/** As `zimki.render` finds them: templates by their name, files by their path, here after a slash. */
function textsOf({ templates, files }: Artifact, blobs: BlobStore): Map<string, TemplateText> {
  const texts = new Map<string, TemplateText>()
  for (const { path, size, digest } of files)
    texts.set(`/${path}`, { file: `files/${path}`, bytes: size, read: () => readStart(blobs, digest) })
  for (const { name, source } of templates)
    texts.set(name, {
      file: `templates/${name}`,
      bytes: Buffer.byteLength(source),
      read: async () => source,
    })
  return texts
}

async function readStart(blobs: BlobStore, digest: string): Promise<string | null> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of await blobs.get(digest)) {
    bytes += chunk.length
    if (bytes > TEMPLATE_BOUNDS.oneBytes) return null
    parts.push(chunk)
  }
  return Buffer.concat(parts).toString('utf8')
}

function faultOf(file: string, source: string, use: TemplateUse): Fault | null {
  try {
    PARSERS[use.engine](source, use.name)
    return null
  } catch (error) {
    const by = `(as ${use.engine}, which ${use.file}:${use.line} renders it with)`
    if (error instanceof TalError)
      return { file, line: error.line, column: error.column, message: `${error.reason} ${by}` }
    if (error instanceof TrimPathError)
      return { file, line: error.line, column: null, message: `${error.reason} ${by}` }
    return { file, line: null, column: null, message: `it cannot be parsed: ${String(error)} ${by}` }
  }
}
