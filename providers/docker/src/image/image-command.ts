import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PlatformError } from '@openzimki/core'
import type { AdapterCommand } from '@openzimki/provider'
import { thisInstallation } from '@openzimki/provider/bundle'
import { z } from 'zod'
import { checkConfig } from '../config.ts'
import { openEngine } from '../connection/open-engine.ts'
import { mapError } from '../map-error.ts'
import { buildImage } from './build-image.ts'

const BASE = 'debian:bookworm-slim'

const optionsSchema = z.strictObject({
  tag: z.string().min(1).optional(),
  from: z.enum(['auto', 'dockerfile', 'installation']).default('auto'),
  base: z.string().min(1).default(BASE),
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
      const parts = await thisInstallation(fileURLToPath(new URL('.', import.meta.url)))
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
