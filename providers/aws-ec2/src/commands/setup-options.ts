import { parseArgs } from 'node:util'
import { PlatformError } from '@openzimki/core'
import type { AdapterCommandContext } from '@openzimki/provider'
import type { SetupRun } from '../setup/ensure.ts'
import { mapSetupError } from '../setup/map-setup-error.ts'
import { openClients } from '../setup/setup-clients.ts'
import { checkSetup } from '../setup/setup-config.ts'

const PAUSE_MS = 2_000

type Options = Record<string, { type: 'string' | 'boolean' }>
export type Given = Partial<Record<string, string | boolean>>

const COMMON = {
  owner: { type: 'string' },
  region: { type: 'string' },
  yes: { type: 'boolean' },
} as const

/** INVALID_ARGUMENT for an option that is not there. */
export function readSetupOptions(command: string, args: readonly string[], more: Options): Given {
  const options = { ...COMMON, ...more }
  try {
    return parseArgs({ args: [...args], options }).values as Given
  } catch (cause) {
    const known = Object.keys(options).map((name) => `--${name}`)
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${command}: ${(cause as Error).message}; there are ${known.join(', ')}`,
      { cause },
    )
  }
}

/** The owner is `zimki` where none is named: who has one set-up to a region needs no name for it. */
export async function withSetup(
  { config, print, signal }: AdapterCommandContext,
  { owner, region }: Given,
  work: (run: SetupRun) => Promise<void>,
): Promise<void> {
  const setup = checkSetup(
    config,
    String(owner ?? 'zimki'),
    region === undefined ? undefined : String(region),
  )
  const clients = openClients(setup)
  try {
    await work({ ...clients, setup, print, signal, pauseMs: PAUSE_MS })
  } catch (thrown) {
    throw mapSetupError(thrown)
  } finally {
    clients.close()
  }
}

/** CANCELLED: the person does not want it, or nobody can be asked and --yes was not given. */
export async function askToGoOn(
  { confirm }: AdapterCommandContext,
  { yes }: Given,
  question: string,
): Promise<void> {
  if (yes === true || (await confirm?.(question))) return
  throw new PlatformError(
    'CANCELLED',
    'nothing was done: answer "yes", or give --yes where nobody can be asked (scripts)',
  )
}
