import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PlatformError } from '@openzimki/core'
import type { AdapterCommand } from '@openzimki/provider'
import { buildBundle } from '../bundle/build-bundle.ts'

/** `bundle [--folder FOLDER]` */
export const bundleCommand: AdapterCommand = {
  description:
    'pack what machines run, from this installation, into a file named by its digest: [--folder FOLDER]',
  run: async ({ args, print }) => {
    const folder = resolve(readFolder(args))
    const { path, sha256 } = await buildBundle(folder)
    const { size } = await stat(path)
    print(`${path}, ${Math.round(size / 1e6)} MB, for ${process.arch}`)
    print('put it where machines find it, for example:')
    print(`  aws s3 cp ${path} s3://BUCKET/zimki/`)
    print('and write into the settings of the provider:')
    print(`  "bundle": { "url": "s3://BUCKET/zimki/zimki-agent-${sha256}.tgz", "sha256": "${sha256}" }`)
  },
}

function readFolder(args: readonly string[]): string {
  try {
    return parseArgs({ args: [...args], options: { folder: { type: 'string' } } }).values.folder ?? '.'
  } catch (cause) {
    throw new PlatformError('INVALID_ARGUMENT', `bundle: ${(cause as Error).message}; there is --folder`, {
      cause,
    })
  }
}
