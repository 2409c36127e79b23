import {
  APP_FOLDER,
  APP_NODE,
  appFiles,
  type BundleFile,
  type MachineParts,
} from '@openzimki/provider/bundle'
import { systemFiles } from './system-files.ts'

export const IMAGE_NODE = APP_NODE

/** What a Dockerfile adds to its base. */
export const imageFiles = (parts: MachineParts): Promise<BundleFile[]> =>
  appFiles(parts, { 'machine.js': new URL('../../image/machine.js', import.meta.url) })

/** A whole root, for where no base image can be had. */
export async function installationFiles(parts: MachineParts): Promise<BundleFile[]> {
  return [...(await systemFiles([process.execPath])), ...(await imageFiles(parts))]
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
