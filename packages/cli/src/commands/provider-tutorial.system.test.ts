import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from '@jest/globals'
import { temporaryFolder } from '../testing/temporary-folder.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../..', import.meta.url))
const program = fileURLToPath(new URL('../testing/cli-program.ts', import.meta.url))

/** Each block that begins with the name of its file, in order. */
function filesOf(tutorial: string): [path: string, content: string][] {
  return [...tutorial.matchAll(/```ts\n\/\/ (src\/\S+)\n(.*?)```/gs)].map(([, path, content]) => [
    path!,
    content!,
  ])
}

const zimki = (cwd: string, ...args: string[]) =>
  run(process.execPath, ['--no-node-snapshot', '--disable-warning=ExperimentalWarning', program, ...args], {
    cwd,
  })

it('the tutorial leads from nothing to an adapter that compiles and keeps the contract', async () => {
  const folder = temporaryFolder()
  try {
    await zimki(folder.path, 'provider', 'new', 'shed')
    const shed = join(folder.path, 'shed')
    mkdirSync(join(shed, 'node_modules'))
    for (const name of ['@openzimki', '@types'])
      symlinkSync(join(root, 'node_modules', name), join(shed, 'node_modules', name))
    const tutorial = readFileSync(join(root, 'docs/tutorial/write-a-provider.md'), 'utf8')
    for (const [path, content] of filesOf(tutorial)) writeFileSync(join(shed, path), content)
    rmSync(join(shed, 'src/not-yet.ts'))
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', shed])
    const { stdout } = await zimki(shed, 'provider', 'test', '.', '--json')
    const { passed, failed, skipped } = JSON.parse(stdout) as Record<string, number>
    expect({ failed, skipped }).toEqual({ failed: 0, skipped: 0 })
    expect(tutorial).toContain(`# ${passed} passed, 0 failed, 0 skipped`)
  } finally {
    folder.remove()
  }
}, 120_000)
