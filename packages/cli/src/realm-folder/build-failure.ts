import { relative, resolve } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { BuildFailure, Message } from 'esbuild'
import { sourceExcerpt } from './source-excerpt.ts'

/**
 * What esbuild threw as a SCRIPT_ERROR that shows every fault with file (below `folder`), line, column and source line; `details` are
 * those of the first. Undefined when the error is not a fault of the sources.
 */
export function buildFailure(error: unknown, folder: string): PlatformError | undefined {
  const messages = (error as Partial<BuildFailure>).errors
  if (!Array.isArray(messages) || messages.length === 0) return undefined
  const place = messages[0]!.location
  return new PlatformError('SCRIPT_ERROR', messages.map((message) => describe(message, folder)).join('\n'), {
    details: place
      ? { file: relativeFile(place.file, folder), line: place.line, column: place.column + 1 }
      : {},
  })
}

function describe({ text, notes, location }: Message, folder: string): string {
  const hints = notes.map((note) => `  ${note.text}`)
  if (!location) return [text, ...hints].join('\n')
  const place = {
    file: relativeFile(location.file, folder),
    line: location.line,
    column: location.column + 1,
  }
  const head = `${place.file}:${place.line}:${place.column}: ${text}`
  return [head, sourceExcerpt(location.lineText, place), ...hints].join('\n')
}

function relativeFile(file: string, folder: string): string {
  return relative(folder, resolve(folder, file))
}
