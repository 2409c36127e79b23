import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { LoadedAdapter } from '@openzimki/provider'
import { adapterHarness, KIT_VERSION, type KitReport, probeCommand, runKit } from '@openzimki/provider/kit'
import type { Command } from 'commander'
import { type BaseOptions, command, print } from '../command.ts'
import type { CliIo } from '../io.ts'
import { withProgress } from '../progress.ts'
import { failure } from '../run-program.ts'
import { adapterConfig, loadAdapterFor } from './provider-adapter.ts'
import { writeKitResult } from './provider-result.ts'
import { tapHead, tapLine, tapTail } from './provider-tap.ts'

interface Options extends BaseOptions {
  config?: string
  result?: string
}

export function providerTestCommand(io: CliIo): Command {
  return command(
    'test <package>',
    'hold an adapter to the machine contract: a package, its short name, or a folder',
  )
    .option('--config <file>', "JSON file with the adapter's settings")
    .option('--result <file>', 'write the result there, and a badge for shields.io beside it (*.badge.json)')
    .action(async (name: string, options: Options) => {
      const config = await adapterConfig(io, options.config)
      const loaded = await withProgress(io, `Loading ${name}`, () => loadAdapterFor(io, name))
      const report = await testAdapter(io, loaded, config, options)
      if (options.result !== undefined && !io.signal.aborted) {
        await writeKitResult(resolve(io.cwd, options.result), { loaded, report, kitVersion: KIT_VERSION })
      }
      print(io, options, report, () => tapTail(report))
      if (report.failed > 0 || io.signal.aborted) throw failure()
    })
}

/** Whatever the run made is gone when this resolves or rejects, also after Ctrl-C. */
async function testAdapter(
  io: CliIo,
  loaded: LoadedAdapter,
  config: unknown,
  options: Options,
): Promise<KitReport> {
  const stateDir = await mkdtemp(join(tmpdir(), 'zimki-provider-test-'))
  try {
    const agent = { command: probeCommand, hardening: [] }
    const harness = await withProgress(io, `Opening ${loaded.adapter.name}`, () =>
      adapterHarness(loaded, { config, stateDir, agent }),
    )
    try {
      return await withoutStrays(() => runWithProgress(io, loaded, harness, options))
    } finally {
      await closeTestBed(loaded, harness.close)
    }
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}

function runWithProgress(
  io: CliIo,
  loaded: LoadedAdapter,
  harness: Parameters<typeof runKit>[0]['harness'],
  options: Options,
): Promise<KitReport> {
  const { signal } = io
  if (options.json) {
    return withProgress(io, `Testing ${loaded.adapter.name}`, (tell) =>
      runKit({
        ...{ harness, signal },
        onStart: ({ group, name }, index, total) => tell(`[${index + 1}/${total}] ${group}: ${name}`),
      }),
    )
  }
  // On a terminal the case under way stands on a line that its result then takes back.
  const live = io.stderr.isTTY ? io.stderr : undefined
  const advised = new Set<string>()
  return runKit({
    ...{ harness, signal },
    onStart: ({ group, name }, index, total) => {
      if (index === 0) io.stdout.write(tapHead(loaded, total))
      live?.write(`\r\u001b[2K[${index + 1}/${total}] ${group}: ${name}`)
    },
    onResult: (result, index) => {
      live?.write('\r\u001b[2K')
      io.stdout.write(tapLine(result, index, advised.has(result.group)))
      if (result.outcome === 'failed') advised.add(result.group)
    },
  })
}

/**
 * A promise of the adapter's that rejects where nobody listens would end this process and leave machines behind: the run goes on,
 * and fails at its end.
 */
async function withoutStrays<T>(run: () => Promise<T>): Promise<T> {
  const strays: unknown[] = []
  const note = (reason: unknown) => void strays.push(reason)
  process.on('unhandledRejection', note)
  try {
    const result = await run()
    if (strays.length === 0) return result
  } finally {
    process.off('unhandledRejection', note)
  }
  const { message } = PlatformError.from(strays[0])
  throw new PlatformError(
    'INTERNAL',
    `the adapter left ${strays.length} rejected promises that nothing awaits, which ends a platform; the first says: ${message}`,
    { cause: strays[0] },
  )
}

async function closeTestBed({ adapter }: LoadedAdapter, close: () => Promise<void>): Promise<void> {
  try {
    await close()
  } catch (cause) {
    const { message } = PlatformError.from(cause)
    throw new PlatformError('INTERNAL', `the test bed of ${adapter.name} did not close: ${message}`, {
      cause,
    })
  }
}
