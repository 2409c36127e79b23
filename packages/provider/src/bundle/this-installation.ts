import { realpath } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PlatformError } from '@openzimki/core'
import { z } from 'zod'
import { findPackage } from '../find-package.ts'
import { APP_FOLDER, type MachineParts } from './app-files.ts'

const RUNTIME = '@openzimki/runtime'
const AGENT = '@openzimki/agent'
/** Of every Node that runs our sources with the engine in it. */
const NODE_FLAGS = ['--no-node-snapshot', '--disable-warning=ExperimentalWarning']

const runtimeSchema = z.object({
  ensurePreludes: z.custom<(folder: string) => Promise<{ script: string; module: string }>>(
    (value) => typeof value === 'function',
  ),
  bundlePrograms: z.custom<
    (
      entries: Record<string, string>,
      folder: string,
      place: { installation: string; installedAt: string },
    ) => Promise<string>
  >((value) => typeof value === 'function'),
  cellEntryPath: z.string(),
  engineModules: z.custom<() => string>((value) => typeof value === 'function'),
})

/**
 * What a machine is made of: the platform that the adapter in this folder is installed in. The runtime is its cargo, found and asked for
 * its snapshots and programs as one finds a plug-in, since an adapter stands beside it and not upon it.
 */
export async function thisInstallation(here: string): Promise<MachineParts> {
  const { entry } = await findPackage(RUNTIME, [here])
  const runtime = runtimeSchema.parse(await import(pathToFileURL(entry).href))
  const agent = (await findPackage(AGENT, [here])).entry
  const installation = dirname(modulesOf(runtime))
  const cache = join(installation, 'node_modules', '.cache', 'zimki')
  const snapshots = await runtime.ensurePreludes(cache)
  const programs = await runtime.bundlePrograms(
    {
      agent: await realpath(join(dirname(agent), `agent-process${extname(agent)}`)),
      cell: await realpath(runtime.cellEntryPath),
    },
    cache,
    { installation, installedAt: `/${APP_FOLDER}` },
  )
  return { installation, snapshots, programs, nodeFlags: NODE_FLAGS }
}

/** The platform's own packages may be a build, which stands within or beside the folder that they were installed for. */
function modulesOf(runtime: z.infer<typeof runtimeSchema>): string {
  try {
    return runtime.engineModules()
  } catch (cause) {
    const why = `the engine of ${RUNTIME} is not installed`
    throw new PlatformError('INVALID_ARGUMENT', `${why}: run npm ci in the folder of OpenZimki`, { cause })
  }
}
