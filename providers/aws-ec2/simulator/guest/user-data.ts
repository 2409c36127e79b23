import { gunzipSync } from 'node:zlib'

/** One part of user data, by what its first line says it is. */
export interface UserDataPart {
  kind: 'script' | 'cloud-config' | 'unknown'
  text: string
}

/** Reads user data as cloud-init does: compressed or not, one part or several in a MIME envelope. */
export function partsOf(raw: Buffer): UserDataPart[] {
  const data = raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw) : raw
  const text = data.toString('utf8')
  if (text.trim() === '') return []
  const boundary = /^Content-Type:\s*multipart\/[^;]+;[\s\S]*?boundary="?([^"\r\n;]+)"?/im.exec(
    text.slice(0, 2000),
  )?.[1]
  if (boundary === undefined) return [partOf(text)]
  return text
    .split(`--${boundary}`)
    .slice(1)
    .filter((one) => !one.startsWith('--'))
    .map((one) => partOf(bodyOf(one)))
}

function bodyOf(part: string): string {
  const normal = part.replaceAll('\r\n', '\n').replace(/^\n/, '')
  const at = normal.indexOf('\n\n')
  const [head, body] = [normal.slice(0, at), normal.slice(at + 2)]
  return /^Content-Transfer-Encoding:\s*base64/im.test(head)
    ? Buffer.from(body, 'base64').toString('utf8')
    : body
}

function partOf(text: string): UserDataPart {
  if (text.startsWith('#!')) return { kind: 'script', text }
  if (text.startsWith('#cloud-config')) return { kind: 'cloud-config', text }
  return { kind: 'unknown', text }
}
