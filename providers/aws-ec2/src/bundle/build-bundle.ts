import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { appFiles, tarFiles, thisInstallation } from '@openzimki/provider/bundle'

export interface Bundle {
  path: string
  sha256: string
}

/** Beside the agent. */
const PROGRAMS = ['machine.js', 'agent-settings.js', 'watch-notices.js']

const program = (name: string) => new URL(`../../machine/${name}`, import.meta.url)

/** Packs agent, runtime and Node of this installation, for machines with its kind of processor, into a file of this folder named by its digest. */
export async function buildBundle(folder: string): Promise<Bundle> {
  const parts = await thisInstallation(fileURLToPath(new URL('.', import.meta.url)))
  const programs = Object.fromEntries(PROGRAMS.map((name) => [name, program(name)]))
  const files = await appFiles(parts, programs)
  const unnamed = join(folder, `zimki-agent-${process.pid}.tgz`)
  try {
    await pipeline(tarFiles(files), createGzip({ level: 6 }), createWriteStream(unnamed))
    const hash = createHash('sha256')
    await pipeline(createReadStream(unnamed), hash)
    const sha256 = hash.digest('hex')
    const path = join(folder, `zimki-agent-${sha256}.tgz`)
    await rename(unnamed, path)
    return { path, sha256 }
  } catch (thrown) {
    await rm(unnamed, { force: true })
    throw thrown
  }
}
