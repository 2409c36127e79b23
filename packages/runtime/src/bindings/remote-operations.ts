import { PlatformError } from '@openzimki/core'
import { type DoorBytes, toBytes } from '../cell/to-bytes.ts'
import { type Operation, type OperationCall, WithBytes } from './operation.ts'

type Pairs = [string, string][]

/** Outbound calls: counted, limited and metered, for the request that makes them or for the realm. */
export const remoteOperations: Record<string, Operation> = {
  /** `zimki.remote`: parameters become the query of a GET, the form of a POST. */
  'remote.request': async (call) => {
    const { method, url, params, headers, content } = call.params as {
      method: string
      url: string
      params?: Pairs
      headers?: Pairs
      content?: string | null
    }
    const query = new URLSearchParams(params ?? []).toString()
    const form = method !== 'GET' && method !== 'HEAD' && query !== '' && (content ?? null) === null
    const target = query === '' || form ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`
    const type: Pairs = form ? [['content-type', 'application/x-www-form-urlencoded']] : []
    const answer = await send(call, {
      method,
      url: target,
      headers: [...type, ...(headers ?? [])].flat(),
      body: form ? query : (content ?? undefined),
      redirect: 'follow',
    })
    return {
      status: answer.status,
      headers: headerObject(answer.headers),
      content: decode(answer.body, headerObject(answer.headers)['content-type'] ?? ''),
    }
  },
  /** The `fetch` of the module kind. */
  'remote.fetch': async (call) => {
    const { method, url, headers, redirect } = call.params as {
      method: string
      url: string
      headers?: string[]
      redirect?: 'follow' | 'manual' | 'error'
    }
    const answer = await send(call, {
      method,
      url,
      headers: headers ?? [],
      body: call.bytes,
      redirect: redirect ?? 'follow',
    })
    const { status, statusText, url: finalUrl, headers: answered, body } = answer
    return new WithBytes({ status, statusText, url: finalUrl, headers: answered }, body)
  },
}

interface Outgoing {
  method: string
  url: string
  headers: string[]
  body: DoorBytes
  redirect: 'follow' | 'manual' | 'error'
}

async function send(call: OperationCall, outgoing: Outgoing) {
  const { realm } = call
  count(call)
  const body = outgoing.body === undefined ? undefined : toBytes(outgoing.body)
  const target = { ...outgoing, method: String(outgoing.method), url: String(outgoing.url), body }
  try {
    const answer = await realm.egress.request(target)
    charge(call, answer)
    return answer
  } catch (error) {
    charge(call, PlatformError.from(error).details)
    throw error
  }
}

function count({ realm, request, unasked }: OperationCall): void {
  const { remoteCalls } = realm.load.limits
  if (++(request ?? unasked).remoteCalls <= remoteCalls) return
  const who = request ? 'a request of this realm' : 'this realm, while it starts and between requests,'
  throw new PlatformError('LIMIT_EXCEEDED', `${who} may make ${remoteCalls} outbound calls (remoteCalls)`, {
    details: { limit: 'remoteCalls' },
  })
}

/** A call that fails half-way has cost its bytes too. */
function charge(
  { request, unasked }: OperationCall,
  { bytesIn, bytesOut }: { bytesIn?: unknown; bytesOut?: unknown },
): void {
  const bytes = Number(bytesIn ?? 0) + Number(bytesOut ?? 0)
  if (request) request.amounts.egressBytes += bytes
  else unasked.chargeEgress(bytes)
}

function headerObject(headers: string[]): Record<string, string> {
  const object: Record<string, string> = Object.create(null)
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]!.toLowerCase()
    const value = headers[index + 1]!
    object[name] = name in object ? `${object[name]}, ${value}` : value
  }
  return object
}

/** Text by its charset; what is not text comes as a string of bytes. */
function decode(body: Uint8Array, contentType: string): string {
  const charset = /charset=["']?([\w-]+)/i.exec(contentType)?.[1]
  const textual = /^text\/|[/+](?:xml|json|javascript)\b/i.test(contentType)
  if (!charset && !textual) return Buffer.from(body).toString('latin1')
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(body)
  } catch (error) {
    throw new PlatformError('UNSUPPORTED', `the answer's charset "${charset}" is not known`, { cause: error })
  }
}
