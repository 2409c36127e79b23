/**
 * Asks the metadata service every five seconds, as AWS advises, whether this instance is to be interrupted, retired or is in danger, and writes what
 * it hears into a file for the agent: node watch-notices.js <endpoint> <file>. A program of its own, since nothing of the agent or its cells
 * reaches the service. Plain JavaScript with no imports but Node's own.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const POLL_MS = 5_000
const ANSWER_MS = 2_000
const TOKEN_SECONDS = 21_600

/** Null: nothing is announced. The worse of two wins. */
export function noticeOf({ action, maintenance, rebalance }) {
  if (action !== null) {
    return {
      kind: 'ends',
      atMs: timeOf(action.time),
      reason: `AWS takes the spot instance back (${action.action})`,
    }
  }
  const event = maintenance?.find(({ State }) => State === 'active')
  if (event) {
    return { kind: 'ends', atMs: timeOf(event.NotBefore), reason: `AWS: ${event.Code}, ${event.Description}` }
  }
  if (rebalance !== null)
    return {
      kind: 'endangered',
      atMs: null,
      reason: 'AWS recommends to replace the spot instance (rebalance)',
    }
  return null
}

function timeOf(text) {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? null : ms
}

/** What the service says of these now; null of what it has nothing to say of. Throws when it does not answer. */
export async function askMetadata(endpoint, token, get = fetch) {
  const ask = async (path) => {
    const response = await get(`${endpoint}/latest/meta-data/${path}`, {
      headers: { 'x-aws-ec2-metadata-token': token },
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    if (response.status === 404) return null
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return response.json()
  }
  const [action, maintenance, rebalance] = await Promise.all([
    ask('spot/instance-action'),
    ask('events/maintenance/scheduled'),
    ask('events/recommendations/rebalance'),
  ])
  return { action, maintenance, rebalance }
}

async function newToken(endpoint) {
  const response = await fetch(`${endpoint}/latest/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  if (!response.ok) throw new Error(`token: ${response.status}`)
  return response.text()
}

async function watch(endpoint, file) {
  let token = null
  let written = ''
  for (;;) {
    try {
      token ??= await newToken(endpoint)
      const notice = noticeOf(await askMetadata(endpoint, token))
      const text = notice === null ? '' : JSON.stringify(notice)
      if (text !== '' && text !== written) {
        // Renamed, so that nobody reads half of it.
        writeFileSync(`${file}.new`, text)
        renameSync(`${file}.new`, file)
        written = text
        process.stdout.write(`zimki-notices: ${text}\n`)
      }
    } catch (thrown) {
      token = null
      process.stderr.write(`zimki-notices: the metadata service does not answer well: ${thrown.message}\n`)
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await watch(process.argv[2], process.argv[3])
