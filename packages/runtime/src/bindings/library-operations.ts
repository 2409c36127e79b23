import { PlatformError } from '@openzimki/core'
import { SHARED_CLASS, SHARED_REALM, sharedId } from '@openzimki/store/client'
import { countRead } from './count-read.ts'
import { missing } from './missing.ts'
import type { Operation, OperationCall } from './operation.ts'

/** `zimki.library.require` (ZIMKI-API section 6). */
export const libraryOperations: Record<string, Operation> = {
  'library.source': async (call) => {
    const file = String(call.params.file).replace(/^\/+/, '')
    return typeof call.params.realm === 'string' ? shared(call, call.params.realm, file) : own(call, file)
  },
}

async function own({ realm }: OperationCall, name: string): Promise<object> {
  const { scripts } = await realm.artifact
  const script = scripts.find((candidate) => candidate.name === name)
  if (script) return { name: `javascript/${name}`, source: script.source }
  const file = realm.files.get(name)
  if (!file)
    throw new PlatformError('NOT_FOUND', `zimki.library.require: there is no file "${name}" in this realm`)
  return { name: `files/${name}`, source: (await realm.files.whole(file)).toString('utf8') }
}

async function shared(call: OperationCall, alias: string, name: string): Promise<object> {
  countRead(call)
  const found = await call.realm.objects.get(SHARED_REALM, SHARED_CLASS, sharedId(alias, name)).catch(missing)
  if (!found || typeof found.data.source !== 'string')
    throw new PlatformError(
      'NOT_FOUND',
      `zimki.library.require: the realm "${alias}" shares no file "${name}"; its realm.json must list it under "shared"`,
    )
  return { name: `${alias}/${name}`, source: found.data.source }
}
