import { resolve } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { BuildOptions } from 'esbuild'
import { buildFailure } from './build-failure.ts'
import { realmBorders } from './realm-borders.ts'

export interface BundledModule {
  name: string
  source: string
  /** Source map as JSON text, with the sources in it, so that stacks name the author's lines. */
  map: string
}

/**
 * One ES module of the entry and all that it imports. TypeScript is understood; npm packages come from node_modules of the folder or
 * a parent. The output depends on nothing but the sources. Errors: SCRIPT_ERROR with `details` { file, line, column } of the first fault;
 * the message shows every fault with its source line.
 */
export async function bundleModule(folder: string, main: string): Promise<BundledModule> {
  const esbuild = await import('esbuild')
  try {
    const result = await esbuild.build(buildOptions(folder, main))
    const [map, code] = ['.map', '.js'].map((end) =>
      result.outputFiles?.find((file) => file.path.endsWith(end)),
    )
    if (!map || !code) throw new PlatformError('INTERNAL', `esbuild gave no output for ${main}`)
    return { name: main, source: code.text, map: map.text }
  } catch (error) {
    throw buildFailure(error, folder) ?? error
  }
}

function buildOptions(folder: string, main: string): BuildOptions {
  return {
    absWorkingDir: folder,
    entryPoints: [resolve(folder, main)],
    outfile: resolve(folder, 'main.js'),
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    mainFields: ['worker', 'browser', 'module', 'main'],
    conditions: ['worker', 'browser', 'import'],
    sourcemap: 'external',
    sourcesContent: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    // There is no `process` in a realm, but many packages ask for this one name.
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.html': 'text', '.css': 'text', '.svg': 'text', '.txt': 'text', '.sql': 'text' },
    plugins: [realmBorders(folder)],
  }
}
