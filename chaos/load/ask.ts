import { type Agent, request } from 'node:http'

export interface Asked {
  port: number
  method: 'GET' | 'POST'
  path: string
  agent: Agent
}

/** Longer than the platform may take for any request; a request that takes this long has failed. */
const PATIENCE_MS = 40_000

/** Status and text of an answer; rejects when there was none, or only a part of it. */
export function ask({ port, method, path, agent }: Asked): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const body = method === 'POST' ? { 'content-length': 0 } : {}
    const sent = request(
      { host: '127.0.0.1', port, method, path, agent, headers: body, timeout: PATIENCE_MS },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.once('error', reject)
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)))
    sent.once('error', reject)
    sent.end()
  })
}
