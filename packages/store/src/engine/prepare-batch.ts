import { isClassName, isUuid, PlatformError } from '@openzimki/core'
import { BOUNDS } from '../bounds.ts'
import type { Operation } from '../contract.ts'
import { clip } from '../terms/clause.ts'
import type { ObjectData } from './object-row.ts'

export type PreparedPut = { operation: Extract<Operation, { op: 'put' }>; json: string; bytes: number }
export type PreparedOperation = PreparedPut | { operation: Exclude<Operation, { op: 'put' }> }

const REALM = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/

/** Realms are UUIDs and names of the platform's own; anything that is neither is INVALID_ARGUMENT. */
export function checkRealm(realm: string): void {
  if (typeof realm !== 'string' || !REALM.test(realm))
    throw invalid('the name of a realm is at most 128 letters, digits, _ . : -')
}

export function checkClassName(className: string): void {
  if (typeof className === 'string' && isClassName(className)) return
  throw invalid(
    `"${clip(String(className))}" cannot name a class: letters, digits and _, not starting with a digit, at most 64, and nothing that JavaScript itself uses`,
  )
}

/** Checks everything that can be checked without the database, and makes the JSON. INVALID_ARGUMENT, TOO_LARGE. */
export function prepareBatch(operations: Operation[]): PreparedOperation[] {
  if (!Array.isArray(operations)) throw invalid('a batch is a list of operations')
  if (operations.length > BOUNDS.operations) {
    throw tooLarge(
      `a batch has at most ${BOUNDS.operations} operations; this one has ${operations.length}. Send it in parts`,
    )
  }
  const prepared = operations.map(prepare)
  const bytes = prepared.reduce((sum, item) => sum + ('bytes' in item ? item.bytes : 0), 0)
  if (bytes > BOUNDS.batchBytes) {
    throw tooLarge(
      `a batch has at most ${BOUNDS.batchBytes} bytes of objects; this one has ${bytes}. Send it in parts`,
    )
  }
  return prepared
}

function prepare(operation: Operation): PreparedOperation {
  if (typeof operation !== 'object' || operation === null) throw invalid('an operation is an object')
  checkClassName(operation.className)
  switch (operation.op) {
    case 'put':
      checkHead(operation)
      return preparePut(operation)
    case 'delete':
      checkHead(operation)
      return { operation }
    case 'createClass':
    case 'deleteClass':
      return { operation }
    default:
      throw invalid('an operation is one of put, delete, createClass, deleteClass')
  }
}

function checkHead(operation: { id: string; ifVersion?: number; expiresAtMs?: number | null }): void {
  if (typeof operation.id !== 'string' || !isUuid(operation.id))
    throw invalid('the id of an object is a lower-case UUID')
  const { ifVersion, expiresAtMs } = operation
  if (ifVersion !== undefined && !(Number.isSafeInteger(ifVersion) && ifVersion >= 0)) {
    throw invalid('ifVersion is a whole number from 0')
  }
  if (expiresAtMs !== undefined && expiresAtMs !== null && !Number.isSafeInteger(expiresAtMs)) {
    throw invalid('expiresAtMs is whole milliseconds since 1970, or null')
  }
}

function preparePut(operation: PreparedPut['operation']): PreparedPut {
  checkProperties(operation.data)
  const json = stringify(operation.data)
  const bytes = Buffer.byteLength(json)
  if (bytes > BOUNDS.objectBytes) {
    throw tooLarge(
      `an object has at most ${BOUNDS.objectBytes} bytes; this one of class "${operation.className}" has ${bytes}. Keep large content in files`,
    )
  }
  return { operation, json, bytes }
}

function checkProperties(data: ObjectData): void {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw invalid('the data of an object are its properties')
  const names = Object.keys(data)
  if (names.length > BOUNDS.properties) {
    throw tooLarge(
      `an object has at most ${BOUNDS.properties} properties; this one has ${names.length}. Put some into one`,
    )
  }
  const long = names.find((name) => name.length > BOUNDS.propertyName || !name.isWellFormed())
  if (long !== undefined) {
    throw invalid(
      `the name of a property is well-formed text of at most ${BOUNDS.propertyName} characters; "${clip(long)}" is not`,
    )
  }
}

function stringify(data: ObjectData): string {
  try {
    return JSON.stringify(data)
  } catch (error) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      'the object cannot be stored: it is no JSON, or is nested too deeply',
      {
        cause: error,
      },
    )
  }
}

const invalid = (message: string): PlatformError => new PlatformError('INVALID_ARGUMENT', message)
const tooLarge = (message: string): PlatformError => new PlatformError('TOO_LARGE', message)
