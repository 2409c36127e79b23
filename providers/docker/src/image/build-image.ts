import type { Readable } from 'node:stream'
import { PlatformError } from '@openzimki/core'
import { type BundleFile, type MachineParts, tarFiles } from '@openzimki/provider/bundle'
import type Docker from 'dockerode'
import { mapError } from '../map-error.ts'
import { imageFiles, imageSettings, installationFiles } from './machine-image.ts'

export interface BuildOptions {
  tag: string
  /** `auto`: from a Dockerfile, and where its base cannot be had, from the installation's own files. */
  from: 'auto' | 'dockerfile' | 'installation'
  /** What the Dockerfile stands on: any Linux with the C library that this Node needs. */
  base: string
  parts: MachineParts
  /** One line each. */
  note(text: string): void
}

export interface BuiltImage {
  /** `sha256:...` */
  id: string
  tag: string
  from: 'dockerfile' | 'installation'
  bytes: number
}

/** Makes the image that machines run, and tags it. Errors: UNSUPPORTED, INVALID_ARGUMENT, NO_CAPACITY, INTERNAL. */
export async function buildImage(docker: Docker, options: BuildOptions): Promise<BuiltImage> {
  const { tag, from, note } = options
  if (from === 'installation') return importInstallation(docker, options)
  try {
    return await buildDockerfile(docker, options)
  } catch (thrown) {
    if (from === 'dockerfile') throw thrown
    note(`from a Dockerfile it does not work here (${mapError(thrown).message})`)
    note(`${tag} is made of the files of this installation`)
    return importInstallation(docker, options)
  }
}

/** COPY takes owners and modes from the archive. */
function dockerfile({ base, parts }: BuildOptions): BundleFile {
  const text = [`FROM ${base}`, 'COPY opt /opt', ...imageSettings(parts), ''].join('\n')
  return { path: 'Dockerfile', kind: 'text', text, executable: false }
}

async function buildDockerfile(docker: Docker, options: BuildOptions): Promise<BuiltImage> {
  options.note(`${options.tag} is built from a Dockerfile on ${options.base}`)
  const context = tarFiles([dockerfile(options), ...(await imageFiles(options.parts))])
  await follow(
    docker,
    await docker.buildImage(context as NodeJS.ReadableStream, { t: options.tag, rm: true }),
    options,
  )
  return describe(docker, options.tag, 'dockerfile')
}

async function importInstallation(docker: Docker, options: BuildOptions): Promise<BuiltImage> {
  const root = tarFiles(await installationFiles(options.parts))
  await importRoot(docker, root, options.tag, imageSettings(options.parts), options)
  return describe(docker, options.tag, 'installation')
}

/** An image of one layer out of an archive of its root. */
export async function importRoot(
  docker: Docker,
  root: Readable,
  tag: string,
  settings: string[],
  { note }: Pick<BuildOptions, 'note'>,
): Promise<void> {
  const [, repo = tag, version = 'latest'] = /^(.*?)(?::([^:/]+))?$/.exec(tag) ?? []
  const progress = await docker.importImage(root as NodeJS.ReadableStream, {
    repo,
    tag: version,
    changes: settings,
  })
  await follow(docker, progress, { note })
}

/** The engine says OK first and tells of failures in what follows. */
async function follow(
  docker: Docker,
  progress: NodeJS.ReadableStream,
  { note }: Pick<BuildOptions, 'note'>,
): Promise<void> {
  let failure: string | null = null
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      progress,
      (error) => (error ? reject(error) : resolve()),
      (step: { stream?: string; status?: string; error?: string }) => {
        failure ??= step.error ?? null
        const line = step.stream?.trim()
        if (line) note(line)
      },
    )
  })
  if (failure !== null) throw mapError(new Error(failure))
}

async function describe(docker: Docker, tag: string, from: BuiltImage['from']): Promise<BuiltImage> {
  const { Id, Size } = await docker.getImage(tag).inspect()
  if (Id) return { id: Id, tag, from, bytes: Size }
  throw new PlatformError('INTERNAL', `the engine made ${tag} but does not know it; look at its log`)
}
