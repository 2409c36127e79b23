import { PlatformError } from '@openzimki/core'
import { toBytes } from '../cell/to-bytes.ts'
import { countRead } from './count-read.ts'
import type { Operation, OperationCall } from './operation.ts'
import type { RealmFile } from './realm-files.ts'

/** `zimki.file` (ZIMKI-API section 6). Binary content is a string of bytes, one character each. */
export const fileOperations: Record<string, Operation> = {
  'file.get': ({ realm, params }) => {
    const file = realm.files.get(String(params.path))
    return file ? shown(file) : null
  },
  'file.search': ({ realm, params }) => {
    const prefix = typeof params.startswith === 'string' ? params.startswith : ''
    const matching = realm.files.list().filter((file) => file.path.startsWith(prefix))
    const perPage = Number(params.per_page ?? params.perpage ?? 0)
    if (!(perPage > 0)) return matching.map(shown)
    const start = (Number(params.page ?? 1) - 1) * perPage
    return matching.slice(start, start + perPage).map(shown)
  },
  'file.create': async (call) => {
    const { params, bytes, realm } = call
    const path = String(params.path)
    const mimetype = typeof params.mimetype === 'string' ? params.mimetype : 'application/octet-stream'
    countWrite(call)
    return shown(await realm.files.create(path, mimetype, binary(bytes)))
  },
  'file.content': async (call) => {
    countRead(call)
    const { realm, params } = call
    const file = realm.files.get(String(params.path))
    if (!file) throw new PlatformError('NOT_FOUND', `there is no file "${String(params.path)}" in this realm`)
    return (await realm.files.whole(file)).toString('latin1')
  },
  'file.publish': async (call) => {
    countWrite(call)
    return shown(await call.realm.files.publish(String(call.params.path), String(call.params.as)))
  },
  'file.unpublish': async (call) => {
    countWrite(call)
    return shown(await call.realm.files.unpublish(String(call.params.path)))
  },
  'file.delete': async (call) => {
    countWrite(call)
    await call.realm.files.delete(String(call.params.path))
    return null
  },
}

function shown({ path, mimetype, size, published }: RealmFile): object {
  return { path, mimetype, size, published }
}

/** A string with a character beyond a byte is text, and is kept as UTF-8. */
function binary(bytes: OperationCall['bytes']): Uint8Array {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what one byte holds
  if (typeof bytes === 'string') return toBytes(bytes, /^[\u0000-\u00ff]*$/.test(bytes) ? 'latin1' : 'utf8')
  return toBytes(bytes)
}

function countWrite({ request }: OperationCall): void {
  if (request) request.amounts.storeWrites += 1
}
