import { realpathSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { relative, sep } from 'node:path'
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild'

const builtins = new Set(builtinModules)

/** Marks our own question to esbuild, so that it does not come back to us. */
const ASKED = Symbol('asked by the realm-borders plugin')

/**
 * What a realm may be made of: its own folder and npm packages. Modules of Node are refused, since a realm does not run on Node, and so are
 * files reached by a path that leads out of the folder (a package that an npm workspace links in is fine).
 */
export function realmBorders(folder: string): Plugin {
  const root = realpathSync(folder)
  return {
    name: 'realm-borders',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async (args) => {
        if (args.pluginData === ASKED || args.kind === 'entry-point') return undefined
        const name = args.path.replace(/^node:/, '')
        if (args.path.startsWith('node:') || builtins.has(name)) return refuseBuiltin(build, args, root)
        if (/^(\.|\/)/.test(args.path) && isInside(args.importer, root)) return keepInside(build, args, root)
        return undefined
      })
    },
  }
}

async function refuseBuiltin(
  build: PluginBuild,
  args: OnResolveArgs,
  root: string,
): Promise<OnResolveResult> {
  // A package of the same name (npm has `events`, `buffer` ...) is as good as any other.
  if (!args.path.startsWith('node:')) {
    const resolved = await ask(build, args)
    if (resolved.errors.length === 0) return { path: resolved.path, sideEffects: resolved.sideEffects }
  }
  const text =
    `"${args.path}" is a module of Node, imported by ${relative(root, args.importer)}; realms do not run on Node. ` +
    'Use what the Web platform has (fetch, URL, crypto, TextEncoder), env.zimki, or a package made for browsers or workers.'
  return { errors: [{ text }] }
}

async function keepInside(
  build: PluginBuild,
  args: OnResolveArgs,
  root: string,
): Promise<OnResolveResult | undefined> {
  const resolved = await ask(build, args)
  if (resolved.errors.length > 0 || isInside(resolved.path, root)) return undefined
  const text = `"${args.path}" leads out of the realm folder. Move the file into the folder, or make it an npm package and import it by name.`
  return { errors: [{ text }] }
}

function ask(build: PluginBuild, { path, importer, resolveDir, kind }: OnResolveArgs) {
  return build.resolve(path, { importer, resolveDir, kind, pluginData: ASKED })
}

function isInside(path: string, root: string): boolean {
  return path.startsWith(root + sep)
}
