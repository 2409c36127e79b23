import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ImageFile } from './image-file.ts'
import { packageFiles } from './package-files.ts'
import { librariesOf, systemFiles } from './system-files.ts'

/** What makes an image of a platform: its code and its snapshots. */
export interface MachineParts {
  /** Folder that has `packages` and `node_modules`. */
  installation: string
  /** Startup snapshots of the engine, made by this very Node. */
  snapshots: { script: string; module: string }
  /** Node flags of agents and cells. */
  nodeFlags: readonly string[]
}

export const APP_FOLDER = 'opt/zimki'
export const IMAGE_NODE = `/${APP_FOLDER}/bin/node`
const MACHINE_PACKAGES = ['@openzimki/agent', '@openzimki/runtime']
/** Beyond the C library itself; a Dockerfile's base has that, and maybe not these. */
const LIBRARY = /\/lib(?:atomic|stdc\+\+|gcc_s)\.so/

/** The part that is ours: Node, the code, the snapshots, and the program that starts a machine. */
export async function appFiles({ installation, snapshots, nodeFlags }: MachineParts): Promise<ImageFile[]> {
  const entry = await readFile(fileURLToPath(new URL('../../image/machine.js', import.meta.url)), 'utf8')
  const settings = { nodeFlags, snapshots: [snapshots.script, snapshots.module].map(inImage) }
  const libraries = (await librariesOf([process.execPath])).filter((path) => LIBRARY.test(path))
  return [
    { path: IMAGE_NODE.slice(1), kind: 'file', source: process.execPath, executable: true },
    ...libraries.map((source): ImageFile => {
      return { path: `${APP_FOLDER}/lib/${basename(source)}`, kind: 'file', source, executable: true }
    }),
    ...(await packageFiles(installation, MACHINE_PACKAGES, APP_FOLDER)),
    ...[snapshots.script, snapshots.module].map((source): ImageFile => {
      return { path: inImage(source).slice(1), kind: 'file', source, executable: false }
    }),
    { path: `${APP_FOLDER}/package.json`, kind: 'text', text: '{"type":"module"}\n', executable: false },
    { path: `${APP_FOLDER}/machine.json`, kind: 'text', text: JSON.stringify(settings), executable: false },
    { path: `${APP_FOLDER}/machine.js`, kind: 'text', text: entry, executable: false },
  ]
}

const inImage = (snapshot: string) => `/${APP_FOLDER}/snapshots/${basename(snapshot)}`

/** A whole root, for where no base image can be had. */
export async function installationFiles(parts: MachineParts): Promise<ImageFile[]> {
  return [...(await systemFiles([process.execPath])), ...(await appFiles(parts))]
}

/** In a Dockerfile's words; the same however the image is made. */
export function imageSettings({ nodeFlags }: MachineParts): string[] {
  return [
    `ENV LD_LIBRARY_PATH=/${APP_FOLDER}/lib`,
    'USER 65532:65532',
    'WORKDIR /',
    `ENTRYPOINT ${JSON.stringify([IMAGE_NODE, ...nodeFlags, `/${APP_FOLDER}/machine.js`])}`,
  ]
}
