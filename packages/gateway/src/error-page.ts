import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { PlatformError } from '@openzimki/core'

/** What an error page needs to know of its request. */
export interface PageContext {
  requestId: string
  /** The request's Accept header. */
  accept: string
  /** The connection is not used again: what comes after cannot be understood. */
  close?: boolean
}

const RETRY_AFTER = new Set<PlatformError['code']>(['LIMIT_EXCEEDED', 'NO_CAPACITY', 'UNAVAILABLE'])

/** Answers with an error as it is, as a small page or, where the client wants it, as JSON. The answer must not have begun. */
export function sendError(response: ServerResponse, error: PlatformError, context: PageContext): void {
  const status = error.httpStatus
  const json = context.accept.includes('application/json') && !context.accept.includes('text/html')
  const body = json
    ? JSON.stringify({ error: { code: error.code, message: error.message, request: context.requestId } })
    : page(status, error, context.requestId)
  response.writeHead(status, {
    'content-type': json ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-request-id': context.requestId,
    ...(RETRY_AFTER.has(error.code) ? { 'retry-after': '1' } : {}),
    ...(context.close ? { connection: 'close' } : {}),
  })
  response.end(body)
}

function page(status: number, { code, message }: PlatformError, requestId: string): string {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}pre{white-space:pre-wrap;font:inherit}small{color:#666}</style>
<h1>${title}</h1>
<pre>${escapeHtml(message)}</pre>
<p><small>${code} &middot; request ${escapeHtml(requestId)}</small></p>
</html>
`
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] as string)
