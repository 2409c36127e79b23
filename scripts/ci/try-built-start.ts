import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tryStart } from './try-start.ts'

// Starts what `npm run build` wrote: a copy, far from the sources, with the modules that are not ours beside it. TypeScript is in neither, and
// the Node that runs it takes none.

const root = fileURLToPath(new URL('../..', import.meta.url))
const apart = await mkdtemp(join(tmpdir(), 'built-'))
try {
  const dist = join(apart, 'dist')
  await cp(join(root, 'dist'), dist, { recursive: true, verbatimSymlinks: true })
  await linkModules(join(root, 'node_modules'), join(apart, 'node_modules'))
  const sources = await listSources(dist)
  if (sources.length > 0)
    throw new Error(`TypeScript is in dist/, which is to be built: ${sources.join(', ')}`)
  await tryStart({
    command: `${process.execPath} packages/server/bin/zimki.js up`,
    folder: dist,
    env: { ...process.env, NODE_OPTIONS: '--no-strip-types' },
  })
} finally {
  await rm(apart, { recursive: true, force: true })
}

async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(to)
  const names = (await readdir(from)).filter((name) => !name.startsWith('.') && name !== '@openzimki')
  for (const name of names) await symlink(join(from, name), join(to, name))
}

async function listSources(folder: string): Promise<string[]> {
  const paths = await readdir(folder, { recursive: true })
  return paths.filter((path) => /(?<!\.d)\.ts$/.test(path))
}
