import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What the next call of this action is answered: XML of the result, or a refusal. */
export type Answer = string | { code: string; message?: string; status?: number }

export interface ScriptedEc2 {
  endpoint: string
  /** Every call that came, by its parameters. */
  calls: URLSearchParams[]
  close(): Promise<void>
}

/** An endpoint on a real socket that says what a test wants to hear, and counts. */
export async function startScriptedEc2(answer: (call: URLSearchParams) => Answer): Promise<ScriptedEc2> {
  const calls: URLSearchParams[] = []
  const server = createServer(async (request, response) => {
    const call = new URLSearchParams(await text(request))
    calls.push(call)
    const given = answer(call)
    const action = call.get('Action') ?? ''
    response.setHeader('content-type', 'text/xml')
    if (typeof given === 'string') {
      response.end(`<${action}Response><requestId>r</requestId>${given}</${action}Response>`)
      return
    }
    response.statusCode = given.status ?? 400
    const { code, message = code } = given
    const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`
    response.end(`<Response><Errors>${error}</Errors><RequestID>r</RequestID></Response>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

export const SCRIPTED_CONFIG = {
  owner: 'me',
  region: 'us-east-1',
  credentials: { accessKeyId: 'key', secretAccessKey: 'not-a-secret' },
  sizes: { small: { types: ['t3.micro', 't3.small'] } },
  command: ['/bin/true'],
  maxAttempts: 3,
}
