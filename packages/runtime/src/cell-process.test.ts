import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { CELL_ENV } from '@openzimki/core'
import { ensurePreludes, type PreludePaths } from './engine/prelude.ts'
import { cellEntryPath } from './index.ts'

let folder: string
let preludes: PreludePaths
let cell: ChildProcess | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zimki-cell-process-'))
  preludes = await ensurePreludes(join(tmpdir(), 'zimki-test-preludes'))
})
afterEach(() => void cell?.kill('SIGKILL'))
afterAll(() => rm(folder, { recursive: true }))

function startCell(): ChildProcess {
  return fork(cellEntryPath, [preludes.script, preludes.module], {
    execArgv: ['--no-node-snapshot', '--disable-warning=ExperimentalWarning'],
    env: {
      [CELL_ENV.id]: 'cell',
      [CELL_ENV.listen]: join(folder, 'c'),
      [CELL_ENV.store]: join(folder, 'd'),
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}

/** How it ends once its agent is gone. */
function endOf(cell: ChildProcess): Promise<unknown[]> {
  const ended = once(cell, 'exit')
  cell.disconnect()
  return ended
}

describe('the process of a cell', () => {
  // Its code is read in the first of these moments, its isolates start in later ones.
  it.each([0, 100, 200, 400])('ends where its agent is gone %i ms after it began to start', async (ms) => {
    cell = startCell()
    await sleep(ms)
    expect(await endOf(cell)).toEqual([0, null])
  })

  it('ends with its agent once it is ready', async () => {
    cell = startCell()
    const [message] = await once(cell, 'message')
    expect(message).toMatchObject({ type: 'ready' })
    expect(await endOf(cell)).toEqual([0, null])
  })
})
