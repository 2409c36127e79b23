import { PlatformError } from '@openzimki/core'
import type { DoorResult } from '../engine/isolate-host.ts'
import { fileOperations } from './file-operations.ts'
import { libraryOperations } from './library-operations.ts'
import { type Operation, type OperationCall, WithBytes } from './operation.ts'
import { realmOperations } from './realm-operations.ts'
import { remoteOperations } from './remote-operations.ts'
import { sessionOperations } from './session-operations.ts'
import { storeOperations } from './store-operations.ts'

/** Every operation that the door knows, by name. */
const OPERATIONS = new Map<string, Operation>(
  [
    storeOperations,
    sessionOperations,
    fileOperations,
    realmOperations,
    libraryOperations,
    remoteOperations,
  ].flatMap((table) => Object.entries(table)),
)

/** Runs one. `payload` is JSON from the program; anything wrong with it is its own error. */
export async function operate(
  operation: string,
  payload: string,
  call: Omit<OperationCall, 'params'>,
): Promise<DoorResult> {
  const run = OPERATIONS.get(operation)
  if (!run) throw new PlatformError('UNSUPPORTED', `unknown operation "${operation}"`)
  const result = await run({ ...call, params: parse(payload) })
  if (result instanceof WithBytes)
    return { payload: JSON.stringify(result.value ?? null), bytes: result.bytes }
  return { payload: JSON.stringify(result ?? null) }
}

function parse(payload: string): Record<string, unknown> {
  const params: unknown = JSON.parse(payload)
  if (params !== null && typeof params === 'object') return params as Record<string, unknown>
  throw new PlatformError('INVALID_ARGUMENT', 'an operation takes an object')
}
