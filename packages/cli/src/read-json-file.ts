import { readFile } from 'node:fs/promises'
import { PlatformError } from '@openzimki/core'

/** The value in a JSON file, unchecked. INVALID_ARGUMENT, saying what is wrong with the file. */
export async function readJsonFile(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unusable(path, `cannot be read: ${cause.message}`, cause)
  })
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw unusable(path, `is not JSON: ${(cause as Error).message}`, cause)
  }
}

function unusable(path: string, why: string, cause: unknown): PlatformError {
  return new PlatformError('INVALID_ARGUMENT', `${path} ${why}`, { cause })
}
