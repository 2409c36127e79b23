import { PlatformError } from '@openzimki/core'

/** JSON up to this length travels in the head, so that a small call is one frame each way. */
const IN_HEAD_LENGTH = 16 * 1024
const CALL_START = '{"call":'

/** `json`: params or result are the body. `raw`: the body is bytes of the call's own. */
type BodyKind = 'none' | 'json' | 'raw'

/** A head and, where the JSON is long, its body. */
export interface Envelope {
  head: string
  body: Uint8Array | null
}

export interface CallHead {
  call: string
  params: unknown
  body: BodyKind
}

export interface AnswerHead {
  error: PlatformError | null
  result: unknown
  body: BodyKind
}

/** A call whose body is its own: the params stay in the head whatever their length. */
export function encodeRawCall(method: string, params: unknown): string {
  return `${CALL_START}${JSON.stringify(method)},"params":${toJson(params)},"body":"raw"}`
}

export function encodeCall(method: string, params: unknown): Envelope {
  const json = toJson(params)
  const start = `${CALL_START}${JSON.stringify(method)}`
  if (json.length <= IN_HEAD_LENGTH) return { head: `${start},"params":${json}}`, body: null }
  return { head: `${start},"body":"json"}`, body: Buffer.from(json) }
}

export function encodeRawResult(result: unknown): string {
  return `{"result":${toJson(result)},"body":"raw"}`
}

export function encodeResult(result: unknown): Envelope {
  const json = toJson(result)
  if (json.length <= IN_HEAD_LENGTH) return { head: `{"result":${json}}`, body: null }
  return { head: '{"body":"json"}', body: Buffer.from(json) }
}

export function encodeFailure(error: PlatformError): Envelope {
  const json = JSON.stringify(error.toJSON())
  if (json.length <= IN_HEAD_LENGTH) return { head: `{"error":${json}}`, body: null }
  return encodeFailure(new PlatformError(error.code, error.message.slice(0, IN_HEAD_LENGTH / 8)))
}

/** Whether a head opens a call. Cheap, so that a server can tell calls from other streams. */
export const isCall = (head: string): boolean => head.startsWith(CALL_START)

/** Throws PROTOCOL for what is no call. */
export function decodeCall(head: string): CallHead {
  const value = fromJson(head)
  if (typeof value.call !== 'string') throw new PlatformError('PROTOCOL', 'the head is no call')
  return { call: value.call, params: value.params ?? null, body: bodyKind(value.body) }
}

/** Throws PROTOCOL for what is no answer. */
export function decodeAnswer(head: string): AnswerHead {
  const value = fromJson(head)
  const failed = typeof value.error === 'object' && value.error !== null
  const error = failed ? PlatformError.fromJSON(value.error as object) : null
  return { error, result: value.result ?? null, body: bodyKind(value.body) }
}

/** The body of a call or an answer as a value. Throws PROTOCOL when it is not JSON. */
export function decodeBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch (cause) {
    throw new PlatformError('PROTOCOL', 'the body is not JSON', { cause })
  }
}

function fromJson(head: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(head)
  } catch (cause) {
    throw new PlatformError('PROTOCOL', 'the head is not JSON', { cause })
  }
  if (typeof value !== 'object' || value === null)
    throw new PlatformError('PROTOCOL', 'the head is no object')
  return value as Record<string, unknown>
}

const bodyKind = (value: unknown): BodyKind => (value === 'json' || value === 'raw' ? value : 'none')

/** Throws TypeError for what JSON cannot hold. */
const toJson = (value: unknown): string => JSON.stringify(value) ?? 'null'
