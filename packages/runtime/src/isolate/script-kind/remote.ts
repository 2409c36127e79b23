import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'

interface RemoteRequest {
  method?: unknown
  url?: unknown
  params?: unknown
  headers?: unknown
  content?: unknown
}

interface RemoteAnswer {
  status: number
  headers: Record<string, string>
  content: string
}

/** `zimki.remote` (ZIMKI-API section 6): the program waits for the answer. */
export function remoteApi(door: HostDoor): object {
  const send = (request: RemoteRequest): RemoteAnswer => ask(door, 'remote.request', request) as RemoteAnswer
  const body = (answer: RemoteAnswer, url: unknown): string => {
    if (answer.status >= 200 && answer.status < 400) return answer.content
    throw new Error(`${String(url)} answered ${answer.status}`)
  }
  return {
    get: (url: unknown, params?: unknown) =>
      body(send({ method: 'GET', url: String(url), params: pairs(params) }), url),
    post: (url: unknown, params?: unknown) =>
      body(send({ method: 'POST', url: String(url), params: pairs(params) }), url),
    request: (request: RemoteRequest = {}) =>
      send({
        method: String(request.method ?? 'GET').toUpperCase(),
        url: String(request.url),
        params: pairs(request.params),
        headers: pairs(request.headers),
        content: request.content === undefined || request.content === null ? null : String(request.content),
      }),
  }
}

function pairs(object: unknown): [string, string][] {
  if (object === undefined || object === null) return []
  if (typeof object !== 'object') throw new TypeError('parameters must be an object of names and values')
  return Object.entries(object).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((item): [string, string] => [name, String(item)]),
  )
}
