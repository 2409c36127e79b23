import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Ec2Error } from './ec2-error.ts'

export interface SignedRequest {
  method: string
  /** With its query. */
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const MOST_SKEW_MS = 15 * 60_000
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/**
 * Who signed the request, by Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 * `secretOf` gives the key's secret, or null for a key that is not known.
 */
export function verifySignature(
  request: SignedRequest,
  secretOf: (accessKeyId: string, sessionToken: string | null) => string | null,
  nowMs: number,
): string {
  const { authorization } = request.headers
  if (!authorization) {
    throw new Ec2Error('MissingAuthenticationToken', 'Request is missing Authentication Token')
  }
  const parts = AUTHORIZATION.exec(authorization)
  if (!parts)
    throw new Ec2Error('IncompleteSignature', 'The request signature does not conform to AWS standards')
  const [, accessKeyId = '', day = '', region = '', service = '', signedHeaders = '', signature = ''] = parts
  const token = headerText(request.headers, 'x-amz-security-token')
  const secret = secretOf(accessKeyId, token === '' ? null : token)
  if (secret === null) {
    throw new Ec2Error('AuthFailure', 'AWS was not able to validate the provided access credentials')
  }
  const stamp = headerText(request.headers, 'x-amz-date')
  checkTime(stamp, day, nowMs)
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = [ALGORITHM, stamp, scope, sha256(canonical(request, signedHeaders.split(';')))].join('\n')
  const key = [region, service, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secret}`, day))
  if (!timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))) {
    const why =
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.'
    throw new Ec2Error('SignatureDoesNotMatch', why)
  }
  return accessKeyId
}

function checkTime(stamp: string, day: string, nowMs: number): void {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? []
  const atMs = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
  if (!Number.isFinite(atMs) || !stamp.startsWith(day)) {
    throw new Ec2Error('IncompleteSignature', 'X-Amz-Date is missing or is not of the day of the credential')
  }
  if (Math.abs(nowMs - atMs) > MOST_SKEW_MS) {
    throw new Ec2Error('RequestExpired', 'Request has expired.')
  }
}

function canonical({ method, url, headers, body }: SignedRequest, signed: string[]): string {
  if (!signed.includes('host')) throw new Ec2Error('IncompleteSignature', 'The host header must be signed')
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const query = [...searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&')
  const lines = signed.map((name) => `${name}:${headerText(headers, name).trim().replace(/ +/g, ' ')}\n`)
  return [method, pathname, query, lines.join(''), signed.join(';'), sha256(body)].join('\n')
}

function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

const encoded = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()
