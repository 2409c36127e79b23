import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { PlatformError } from '../../../packages/core/src/errors.ts'
import type { LaunchDoor } from '../../../providers/aws-ec2/src/testing/account/guard-launches.ts'

export interface DoorAddress {
  url: string
  token: string
}

const question = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('reserve'), key: z.string(), count: z.int().min(1) }),
  z.strictObject({ ask: z.literal('made'), key: z.string(), instances: z.array(z.string()) }),
  z.strictObject({ ask: z.literal('notMade'), key: z.string() }),
])
type Question = z.output<typeof question>

const WITHIN_MS = 10_000

/** Lets platforms in processes of their own ask this one's budget. */
export async function openDoor(door: LaunchDoor): Promise<DoorAddress & { close(): void }> {
  const token = randomBytes(16).toString('hex')
  const server = createServer(async (request, response) => {
    try {
      if (request.headers.authorization !== `Bearer ${token}`) throw new Error('that is not the token')
      await answer(door, question.parse(JSON.parse(await text(request))))
      response.end('{}')
    } catch (thrown) {
      response.statusCode = 403
      response.end((thrown as Error).message)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url, token, close }
}

async function answer(door: LaunchDoor, asked: Question): Promise<void> {
  if (asked.ask === 'reserve') await door.reserve(asked.key, asked.count)
  else if (asked.ask === 'made') await door.made(asked.key, asked.instances)
  else await door.notMade(asked.key)
}

/** The other side. A platform whose run has ended, killed or not, ends too. */
export function askDoor(
  { url, token }: DoorAddress,
  end: () => void = () => process.kill(process.pid, 'SIGTERM'),
): LaunchDoor {
  const ask = async (asked: Question): Promise<void> => {
    const answered = await fetch(url, {
      ...{ method: 'POST', body: JSON.stringify(asked), signal: AbortSignal.timeout(WITHIN_MS) },
      headers: { authorization: `Bearer ${token}` },
    }).catch((cause: Error) => {
      end()
      throw new PlatformError('QUOTA_EXCEEDED', 'no machine is launched: the run is over', { cause })
    })
    if (!answered.ok) throw new PlatformError('QUOTA_EXCEEDED', await answered.text())
  }
  return {
    reserve: (key, count) => ask({ ask: 'reserve', key, count }),
    made: (key, instances) => ask({ ask: 'made', key, instances: [...instances] }),
    notMade: (key) => ask({ ask: 'notMade', key }),
  }
}
