import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, extname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { OutputFile, Plugin } from 'esbuild'

export interface ProgramPlace {
  /** Folder above all that is ours: sources, or what was built of them. */
  installation: string
  /** Where that folder is on the machine that runs the programs. */
  installedAt: string
}

/** Addons, which stay files of their own. */
const ADDONS = ['isolated-vm']
/** What a bundled CommonJS package calls. */
const BANNER = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`

/**
 * Puts each of these programs (by name: its entry) into one file `<name>.js`, because a machine that has to find, read and strip two
 * hundred sources takes three times as long to start. They lie in a folder of `directory` that is named by their digest, and say of
 * themselves (`import.meta.url`) that they are where their sources are. Answers that folder.
 */
export async function bundlePrograms(
  entries: Readonly<Record<string, string>>,
  directory: string,
  place: ProgramPlace,
): Promise<string> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: { ...entries },
    outdir: directory,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    banner: { js: BANNER },
    plugins: [keepPlaces(place, extname(Object.values(entries)[0] ?? ''))],
    write: false,
    legalComments: 'none',
    logLevel: 'silent',
  })
  const folder = join(directory, `programs-${digestOf(outputFiles)}`)
  if (!(await isThere(folder))) await write(outputFiles, directory, folder)
  return folder
}

/** Ends the bundler's process, which waits for more work in 75 MB. It is started again when there is some. */
export async function endBundler(): Promise<void> {
  const { stop } = await import('esbuild')
  await stop()
}

/** What is ours, which ends as the entries do, keeps its own addresses, and addons are imported from where they are. */
function keepPlaces({ installation, installedAt }: ProgramPlace, extension: string): Plugin {
  const moved = (path: string): string => pathToFileURL(join(installedAt, relative(installation, path))).href
  const addons = new RegExp(`^(?:${ADDONS.join('|')})$`)
  return {
    name: 'keep-places',
    setup(build) {
      build.onResolve({ filter: addons }, async ({ path, pluginData, ...from }) => {
        if (pluginData === 'resolving') return null
        const { resolveDir, kind, importer } = from
        const found = await build.resolve(path, { resolveDir, kind, importer, pluginData: 'resolving' })
        return found.errors.length > 0 ? found : { path: moved(found.path), external: true }
      })
      build.onLoad({ filter: new RegExp(`\\${extension}$`) }, async ({ path }) => {
        if (relative(installation, path).split(sep).includes('node_modules')) return null
        const source = await readFile(path, 'utf8')
        return {
          loader: 'default',
          contents: source.replaceAll('import.meta.url', JSON.stringify(moved(path))),
        }
      })
    },
  }
}

function digestOf(files: readonly OutputFile[]): string {
  const hash = createHash('sha256')
  for (const { path, contents } of files) hash.update(basename(path)).update(contents)
  return hash.digest('hex').slice(0, 16)
}

/** Whole or not at all, and readable for the users of cells. */
async function write(files: readonly OutputFile[], directory: string, folder: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const unnamed = await mkdtemp(join(directory, 'programs-'))
  for (const { path, contents } of files) {
    const file = join(unnamed, basename(path))
    await writeFile(file, contents)
    await chmod(file, 0o644)
  }
  // What runs them must know that they are modules.
  await writeFile(join(unnamed, 'package.json'), '{"type":"module"}\n', { mode: 0o644 })
  await chmod(unnamed, 0o755)
  try {
    await rename(unnamed, folder)
  } catch (thrown) {
    await rm(unnamed, { recursive: true, force: true })
    // Another start was quicker.
    if (!(await isThere(folder))) throw thrown
  }
}

const isThere = (folder: string): Promise<boolean> =>
  readFile(join(folder, 'package.json')).then(
    () => true,
    () => false,
  )
