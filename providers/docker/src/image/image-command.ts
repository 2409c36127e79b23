import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { PlatformError } from '@openzimki/core'
import { type AdapterCommand, findPackage } from '@openzimki/provider'
import { z } from 'zod'
import { checkConfig } from '../config.ts'
import { openEngine } from '../connection/open-engine.ts'
import { mapError } from '../map-error.ts'
import { buildImage } from './build-image.ts'
import type { MachineParts } from './machine-image.ts'

const RUNTIME = '@openzimki/runtime'
/** Of every Node that runs our sources with the engine in it. */
const NODE_FLAGS = ['--no-node-snapshot', '--disable-warning=ExperimentalWarning']
const BASE = 'debian:bookworm-slim'

const optionsSchema = z.strictObject({
  tag: z.string().min(1).optional(),
  from: z.enum(['auto', 'dockerfile', 'installation']).default('auto'),
  base: z.string().min(1).default(BASE),
})

const runtimeSchema = z.object({
  ensurePreludes: z.custom<(folder: string) => Promise<{ script: string; module: string }>>(
    (value) => typeof value === 'function',
  ),
})

/** `image [--tag NAME] [--from auto|dockerfile|installation] [--base IMAGE]` */
export const imageCommand: AdapterCommand = {
  description: `build the image that machines run: [--tag NAME] [--from auto|dockerfile|installation] [--base ${BASE}]`,
  run: async ({ args, config, print, signal }) => {
    const { tag, from, base } = readOptions(args)
    const { connection, image } = checkConfig(config, { owner: 'image' })
    const engine = openEngine(connection)
    signal.addEventListener('abort', () => engine.close(), { once: true })
    try {
      const parts = await thisInstallation()
      const built = await buildImage(engine.docker, { tag: tag ?? image, from, base, parts, note: print })
      print(
        `${built.tag} is ${built.id.slice(0, 19)}, ${Math.round(built.bytes / 1e6)} MB, made from the ${built.from}`,
      )
    } catch (thrown) {
      throw mapError(thrown)
    } finally {
      engine.close()
    }
  },
}

function readOptions(args: readonly string[]) {
  const option = { type: 'string' } as const
  try {
    const { values } = parseArgs({ args: [...args], options: { tag: option, from: option, base: option } })
    return optionsSchema.parse({ ...values })
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message
    throw new PlatformError('INVALID_ARGUMENT', `image: ${why}; there are --tag, --from and --base`, {
      cause,
    })
  }
}

/**
 * What the image is made of: the platform that this adapter is installed in. The runtime is its cargo, found and asked for
 * its snapshots as one finds a plug-in, since an adapter stands beside it and not upon it.
 */
export async function thisInstallation(): Promise<MachineParts> {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const { entry, folder } = await findPackage(RUNTIME, [here])
  const { ensurePreludes } = runtimeSchema.parse(await import(pathToFileURL(entry).href))
  const installation = await rootOf(await realpath(folder))
  const snapshots = await ensurePreludes(join(installation, 'node_modules', '.cache', 'zimki'))
  return { installation, snapshots, nodeFlags: NODE_FLAGS }
}

/** Above the folder of the runtime, the one whose node_modules has it. */
async function rootOf(folder: string): Promise<string> {
  for (let root = join(folder, '..'); ; root = join(root, '..')) {
    const there = await realpath(join(root, 'node_modules', RUNTIME)).catch(() => null)
    if (there === folder) return root
    if (root === join(root, '..')) break
  }
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `no node_modules above ${folder} has ${RUNTIME}: run npm ci there`,
  )
}
