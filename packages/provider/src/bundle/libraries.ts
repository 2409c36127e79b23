import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PlatformError } from '@openzimki/core'

/** By the paths at which the loader looks for them. */
export async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  for (const program of programs) {
    const lines = (await ldd(program)).split('\n')
    for (const line of lines) {
      const path = /(?:=>\s*|^\s*)(\/\S+)\s+\(0x/.exec(line)?.[1]
      if (path !== undefined) found.add(path)
    }
  }
  return [...found].toSorted()
}

async function ldd(program: string): Promise<string> {
  try {
    return (await promisify(execFile)('ldd', [program])).stdout
  } catch (cause) {
    const why =
      'packing the files of this installation needs Linux with ldd; run this on Linux (for an image, --from dockerfile does without)'
    throw new PlatformError('UNSUPPORTED', `what ${program} needs cannot be found out: ${why}`, { cause })
  }
}
