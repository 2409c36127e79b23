import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTool } from '../check/run-tool.ts'
import { builtManifest, builtRootManifest, type Manifest } from './built-manifest.ts'
import { listAssets } from './list-assets.ts'

// `npm run build`: the platform as JavaScript, in dist/, laid out as the checkout is. Packages find each other in dist/node_modules, and what
// is not ours in a node_modules above. Nothing else in dist/ is touched, such as the data of a platform that was started there.

const ROOTS = ['packages', 'providers']
const OURS = join('node_modules', '@openzimki')
const WRITTEN = [...ROOTS, OURS, 'package.json', '.tsbuildinfo']

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'dist')

const say = (text: string) => process.stdout.write(`build: ${text}\n`)

/** Answers whether it worked. */
async function compile(): Promise<boolean> {
  const { status, stdout, stderr } = await runTool(root, 'node_modules/typescript/bin/tsc', [
    '-b',
    'tsconfig.build.json',
  ])
  process.stdout.write(stdout + stderr)
  return status === 0
}

async function listPackages(): Promise<string[]> {
  const lists = ROOTS.map(async (base) => (await readdir(join(root, base))).map((name) => join(base, name)))
  return (await Promise.all(lists)).flat().filter((folder) => existsSync(join(root, folder, 'package.json')))
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))

const writeManifest = (folder: string, manifest: Manifest): Promise<void> =>
  writeFile(join(dist, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)

/** Beside its JavaScript: what is no code, a package.json, and a link by which the others find it. Answers the number of copied files. */
async function completePackage(folder: string): Promise<number> {
  const assets = await listAssets(join(root, folder))
  for (const path of assets) await cp(join(root, folder, path), join(dist, folder, path))
  const manifest = await readManifest(folder)
  await writeManifest(
    folder,
    builtManifest(manifest, (path) => path === './package.json' || existsSync(join(dist, folder, path))),
  )
  const link = join(dist, 'node_modules', manifest.name)
  await mkdir(dirname(link), { recursive: true })
  await symlink(relative(dirname(link), join(dist, folder)), link)
  return assets.length
}

async function build(): Promise<void> {
  for (const path of WRITTEN) await rm(join(dist, path), { recursive: true, force: true })
  say('compiling (half a minute)')
  if (!(await compile())) {
    say('failed: the compiler found the above, and so does `npm run check`. Mend it and build again')
    process.exitCode = 1
    return
  }
  const packages = await listPackages()
  const copied = await Promise.all(packages.map(completePackage))
  await writeManifest('', builtRootManifest(await readManifest('')))
  say(`${packages.length} packages, ${copied.reduce((sum, count) => sum + count, 0)} files copied`)
  say('done; `cd dist && npm start` starts it')
}

await build()
