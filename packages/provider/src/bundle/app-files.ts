import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { BundleFile } from './bundle-file.ts'
import { librariesOf } from './libraries.ts'
import { packageFiles } from './package-files.ts'

/** What makes a machine of a platform: its code and its snapshots. */
export interface MachineParts {
  /** Folder whose `node_modules` has the engine. */
  installation: string
  /** Startup snapshots of the engine, made by this very Node. */
  snapshots: { script: string; module: string }
  /** Folder with `agent.js`, `cell.js` and what they share, made for machines of this layout. */
  programs: string
  /** Node flags of agents and cells. */
  nodeFlags: readonly string[]
}

export const APP_FOLDER = 'opt/zimki'
export const APP_NODE = `/${APP_FOLDER}/bin/node`
/** What is no JavaScript, and cannot be bundled. */
const ADDONS = ['isolated-vm']
/** Beyond the C library itself; a system has that, and maybe not these. */
const LIBRARY = /\/lib(?:atomic|stdc\+\+|gcc_s)\.so/

/** The part that is ours: Node, the programs, the snapshots, and what the adapter adds (by name: the file), such as what starts a machine. */
export async function appFiles(
  { installation, snapshots, programs, nodeFlags }: MachineParts,
  starters: Readonly<Record<string, URL>>,
): Promise<BundleFile[]> {
  const settings = { nodeFlags, snapshots: [snapshots.script, snapshots.module].map(inApp) }
  const libraries = (await librariesOf([process.execPath])).filter((path) => LIBRARY.test(path))
  const own = await Promise.all(
    Object.entries(starters).map(async ([name, source]) => text(name, await readFile(source, 'utf8'))),
  )
  return [
    { path: APP_NODE.slice(1), kind: 'file', source: process.execPath, executable: true },
    ...libraries.map((source): BundleFile => {
      return { path: `${APP_FOLDER}/lib/${basename(source)}`, kind: 'file', source, executable: true }
    }),
    ...(await packageFiles(installation, ADDONS, APP_FOLDER)),
    ...(await readdir(programs)).toSorted().map((name): BundleFile => {
      const path = `${APP_FOLDER}/programs/${name}`
      return { path, kind: 'file', source: join(programs, name), executable: false }
    }),
    ...[snapshots.script, snapshots.module].map((source): BundleFile => {
      return { path: inApp(source).slice(1), kind: 'file', source, executable: false }
    }),
    text('package.json', '{"type":"module"}\n'),
    text('machine.json', JSON.stringify(settings)),
    ...own,
  ]
}

const inApp = (snapshot: string) => `/${APP_FOLDER}/snapshots/${basename(snapshot)}`

const text = (name: string, content: string): BundleFile => {
  return { path: `${APP_FOLDER}/${name}`, kind: 'text', text: content, executable: false }
}
