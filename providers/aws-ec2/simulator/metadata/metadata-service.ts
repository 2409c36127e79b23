import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Cloud } from '../cloud/cloud.ts'
import type { Instance } from '../cloud/model.ts'
import { type MetadataTree, metadataTree } from './metadata-tree.ts'
import type { RoleKeys } from './role-keys.ts'

const MOST_TTL_S = 21_600
const MOST_TOKENS = 1000
const TOKEN_HEADER = 'x-aws-ec2-metadata-token'

interface Reply {
  status: number
  body: string
  headers?: Record<string, string>
}

/** What one instance hears at 169.254.169.254. The caller says where it listens. */
export function metadataService(cloud: Cloud, instanceId: string, keys: RoleKeys): Server {
  const tokens = new Map<string, number>()
  return createServer((request, response) => {
    cloud.schedule.runDue()
    const instance = cloud.instances.own(instanceId)
    send(response, instance ? answer(cloud, instance, keys, tokens, request) : empty(404))
  })
}

function answer(
  cloud: Cloud,
  instance: Instance,
  keys: RoleKeys,
  tokens: Map<string, number>,
  request: IncomingMessage,
): Reply {
  if (instance.metadata.endpoint === 'disabled') return empty(403)
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (request.method === 'PUT')
    return pathname === '/latest/api/token' ? newToken(cloud, tokens, request) : empty(405)
  if (request.method !== 'GET' && request.method !== 'HEAD') return empty(405)
  const token = request.headers[TOKEN_HEADER]
  const known = typeof token === 'string' && (tokens.get(token) ?? 0) > cloud.nowMs()
  // Version 1 asks without a token; a wrong one is refused even where none is required.
  if (token !== undefined ? !known : instance.metadata.tokens === 'required') return empty(401)
  const found = lookUp(metadataTree(cloud, instance, keys), pathname)
  return found === null ? empty(404) : { status: 200, body: found }
}

function newToken(cloud: Cloud, tokens: Map<string, number>, request: IncomingMessage): Reply {
  // Proxies add this; a token must not leave through one.
  if (request.headers['x-forwarded-for'] !== undefined) return empty(403)
  const ttl = String(request.headers[`${TOKEN_HEADER}-ttl-seconds`] ?? '')
  if (!/^\d{1,5}$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > MOST_TTL_S) return empty(400)
  const nowMs = cloud.nowMs()
  for (const [old, untilMs] of tokens) if (untilMs <= nowMs || tokens.size >= MOST_TOKENS) tokens.delete(old)
  const token = randomBytes(40).toString('base64')
  tokens.set(token, nowMs + Number(ttl) * 1000)
  return { status: 200, body: token, headers: { [`${TOKEN_HEADER}-ttl-seconds`]: ttl } }
}

/** A leaf's text, or a folder's names; null when there is no such path. */
function lookUp(tree: MetadataTree, pathname: string): string | null {
  const [version, ...names] = pathname.split('/').filter(Boolean).map(decoded)
  if (version === undefined) return 'latest'
  if (version !== 'latest') return null
  let at: string | MetadataTree = tree
  for (const name of names) {
    if (typeof at === 'string' || !Object.hasOwn(at, name)) return null
    at = at[name] ?? ''
  }
  if (typeof at === 'string') return at
  return Object.entries(at)
    .map(([name, value]) => (typeof value === 'string' ? name : `${name}/`))
    .join('\n')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const empty = (status: number): Reply => ({ status, body: '' })

function send(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  response.writeHead(status, { 'content-type': 'text/plain', server: 'EC2ws', ...headers })
  // User data may be any bytes.
  response.end(Buffer.from(body, 'latin1'))
}
