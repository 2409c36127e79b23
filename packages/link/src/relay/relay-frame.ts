import type { Socket } from 'node:net'
import { PlatformError } from '@openzimki/core'

const LENGTH_BYTES = 2
/** Of what either side says before bytes flow. Both are small. */
const MAX_FRAME_BYTES = 4_096

/** `[u16 length][JSON]`, big endian. */
export function writeRelayFrame(socket: Socket, value: unknown): void {
  const json = Buffer.from(JSON.stringify(value))
  const frame = Buffer.alloc(LENGTH_BYTES + json.length)
  frame.writeUInt16BE(json.length)
  frame.set(json, LENGTH_BYTES)
  socket.write(frame)
}

/**
 * One frame and not a byte more: what follows it stays in the socket. PROTOCOL: it is none. TIMEOUT: it did not come whole in time.
 * UNAVAILABLE: the peer hung up. The socket is left as it is.
 */
export function readRelayFrame(socket: Socket, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let length = -1
    const end = (settle: () => void): void => {
      clearTimeout(timer)
      socket.off('readable', look).off('end', gone).off('close', gone).off('error', gone)
      settle()
    }
    const fail = (code: 'PROTOCOL' | 'TIMEOUT' | 'UNAVAILABLE', why: string): void =>
      end(() => reject(new PlatformError(code, `the other end of the relay ${why}`)))
    const gone = (): void => fail('UNAVAILABLE', 'hung up before it said what it wants')
    const look = (): void => {
      length = length < 0 ? ((socket.read(LENGTH_BYTES) as Buffer | null)?.readUInt16BE() ?? -1) : length
      if (length < 0) return
      if (length === 0 || length > MAX_FRAME_BYTES) fail('PROTOCOL', 'speaks another protocol')
      else take(socket.read(length) as Buffer | null)
    }
    const take = (json: Buffer | null): void => {
      if (json === null) return
      try {
        const value: unknown = JSON.parse(json.toString('utf8'))
        end(() => resolve(value))
      } catch {
        fail('PROTOCOL', 'sent what is no JSON')
      }
    }
    const timer = setTimeout(() => fail('TIMEOUT', `said nothing whole for ${timeoutMs} ms`), timeoutMs)
    socket.on('readable', look).on('end', gone).on('close', gone).on('error', gone)
    look()
  })
}
