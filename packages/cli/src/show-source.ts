import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { PlatformError } from '@openzimki/core'
import { z } from 'zod'
import { sourceExcerpt } from './realm-folder/source-excerpt.ts'

const place = z.object({
  file: z.string(),
  line: z.number().int().positive(),
  column: z.number().int().positive().nullish(),
})
const fault = z.object({
  file: z.string(),
  line: z.number().nullish(),
  column: z.number().nullish(),
  message: z.string(),
})

/** Faults shown with their source lines; the server sends fewer. */
const MAX_SHOWN = 50

/** A fault of the program is thrown again with its source line, where the folder has the file; of several, each with its own. */
export async function showSource(error: unknown, folder: string): Promise<never> {
  const failure = PlatformError.from(error)
  if (failure.code !== 'SCRIPT_ERROR') throw failure
  const faults = z.array(fault).max(MAX_SHOWN).safeParse(failure.details.faults)
  const lines =
    faults.success && faults.data.length > 1
      ? [
          failure.message.split('\n')[0] ?? '',
          ...(await Promise.all(faults.data.map((each) => told(each, folder)))),
        ]
      : [failure.message, ...(await excerpt(failure.details, folder))]
  throw new PlatformError(failure.code, lines.join('\n'), { cause: failure, details: failure.details })
}

async function told(each: z.output<typeof fault>, folder: string): Promise<string> {
  const at = [each.file, each.line, each.column]
    .filter((part) => part !== null && part !== undefined)
    .join(':')
  return [`${at}: ${each.message}`, ...(await excerpt(each, folder))].join('\n')
}

/** Nothing where no place is named or the folder does not have it. */
async function excerpt(where: unknown, folder: string): Promise<string[]> {
  const named = place.safeParse(where)
  if (!named.success) return []
  const { file, line, column = null } = named.data
  const text = await sourceLine(folder, file, line)
  return text === undefined ? [] : [sourceExcerpt(text, { file, line, column })]
}

/** Only below the folder: the name comes from the server. */
async function sourceLine(folder: string, file: string, line: number): Promise<string | undefined> {
  for (const sub of ['.', 'javascript', 'templates', 'unittests']) {
    const path = join(folder, sub, file)
    if (!path.startsWith(folder + sep)) continue
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) return text.split('\n')[line - 1]
  }
  return undefined
}
